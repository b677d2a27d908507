"""The features themselves, a module a subject matter; whatever stands here is in the registry."""
