"""Plans of capacity changes and recommendations of a capacity, from a recording."""
