"""Raw tables into the canonical ones: profiles, recognition, columns, dates, stages."""
