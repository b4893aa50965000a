"""An import from files to a published load, by hand or by watching a folder."""
