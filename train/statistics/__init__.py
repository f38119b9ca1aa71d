"""What happened on each day, kept beside the archive's days: only days that changed are counted."""
