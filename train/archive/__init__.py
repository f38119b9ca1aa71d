"""Days of the feed that were extracted once, kept in an object store."""
