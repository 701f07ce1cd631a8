"""The product's table of contents. (/livez, /readyz and /metrics are answered earlier, by ops.middleware.)"""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import URLPattern, URLResolver, include, path

from feedback.desk.login import LoginForm

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        "login/",
        auth.LoginView.as_view(authentication_form=LoginForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("feedback.urls")),
    path("", include("labeling.urls")),
    path("", include("scoring.urls")),
]
