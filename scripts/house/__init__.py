"""The demo house."""
