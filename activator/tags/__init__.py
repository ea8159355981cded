"""What people are called, told to other tools: files of changes for CRM and e-mail tools, and an outbox of events."""
