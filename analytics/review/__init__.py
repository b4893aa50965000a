"""The quarterly review: which charts, for which view, with which comments, and whether what they say still holds."""
