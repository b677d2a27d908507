"""What a lake holds, told: the data book, the manifest, flat copies."""
