"""Google Ads API and Data Manager API over gRPC, on the sandbox's one platform model."""
