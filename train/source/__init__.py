"""Where the tables come from: PostgreSQL or a folder, checked before anything is computed."""
