"""Programs of others that people let in: OAuth 2.0 and OpenID Connect, by oauthlib's grants."""
