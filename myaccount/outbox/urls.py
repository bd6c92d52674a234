from django.urls import path

from myaccount.outbox import views

urlpatterns = [path("", views.outbox, name="outbox")]
