"""Meta: Custom Audiences, campaigns, ad sets, ads and insights through facebook-business."""
