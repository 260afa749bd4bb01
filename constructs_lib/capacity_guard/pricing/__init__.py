"""What a capacity costs under recorded traffic: prices with their sources, for rules, plans and recommendations."""
