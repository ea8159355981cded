"""Google: Customer Match through Data Manager, Search campaigns and reports through google-ads."""
