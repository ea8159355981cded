"""CRM exports as relations."""
