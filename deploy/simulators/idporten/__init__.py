"""A stand-in for ID-porten: an OpenID provider that speaks ID-porten's dialect over the network.

It follows Digdir's published rules: code flow with PKCE S256, `private_key_jwt` with the issuer as audience, single-use
codes, `iss` in the callback, single sign-on with its two time limits, forced log-in, levels, and logout that tells
every client. It holds test persons only and proves nothing about anybody.

A log-in without a browser is one POST of the authorization address itself, with `user` (national identity number or
user name) and `method` as form fields; the answer is the redirect back to the client:

    POST /authorize?client_id=…&redirect_uri=…&…      with the form user=kari&method=minid
    303  Location: …?code=…&state=…&iss=…
"""
