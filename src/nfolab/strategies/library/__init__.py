"""The recipes that come with NFOpsLab, one file each, in folders by side."""
