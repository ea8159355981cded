"""The advertiser's ids the sandbox knows. Anything else is an unknown object, as on the real platforms.

A project that runs against the sandbox names these in its activator.yaml; `Sandbox.identities()` tells them.
"""

META_ACCOUNT_ID = "1020304050607080"
META_BUSINESS_ID = "1020304050600001"
META_PAGE_ID = "1020304050600002"
META_PIXEL_ID = "1020304050600003"
META_APP_ID = "1020304050600004"
META_USER_ID = "1020304050600005"

GOOGLE_CUSTOMER_ID = "1234567890"
GOOGLE_LOGIN_CUSTOMER_ID = "9876543210"
GOOGLE_CONVERSION_ACTION_ID = "7001002003"

ADVERTISER_NAME = "Kaffee Lindgren (sandbox)"
CURRENCY = "EUR"
TIME_ZONE = "Europe/Berlin"
