from django.urls import path

from consent.openid import authorize_views, discovery_views, logout_views, machine_views

urlpatterns = [
    path(".well-known/openid-configuration", discovery_views.discovery, name="openid-configuration"),
    path("oauth2/authorize/", authorize_views.authorize, name="authorize"),
    path("oauth2/token/", machine_views.token, name="token"),
    path("oauth2/userinfo/", machine_views.userinfo, name="userinfo"),
    path("oauth2/introspect/", machine_views.introspect, name="introspect"),
    path("oauth2/revoke/", machine_views.revoke, name="revoke-token"),
    path("oauth2/keys/", discovery_views.key_set, name="openid-keys"),
    path("oauth2/logout/", logout_views.logout, name="openid-logout"),
    path("oauth2/logout/confirm/", logout_views.confirm_logout, name="confirm-openid-logout"),
]
