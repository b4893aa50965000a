"""What all pages share: the view in the URL, the filter bar, cards, tables, states, the cache."""
