"""The shipped local stand-in for both platforms: one platform model, served over real HTTP and gRPC."""
