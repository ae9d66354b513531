"""Where every command ends: streams that never fail it, and one place for whatever may be raised."""
