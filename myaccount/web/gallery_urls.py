from django.urls import path

from myaccount.web.gallery import gallery

urlpatterns = [path("", gallery, name="gallery")]
