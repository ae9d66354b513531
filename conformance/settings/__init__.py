"""What a run was asked to do: settings, credentials, configuration and consent."""
