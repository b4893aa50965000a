"""The numbers and how they are shown: metrics, charts, exports, words."""
