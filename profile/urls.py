from django.urls import path

import profile.contact_views as contact_views
import profile.picture_views as picture_views
import profile.views as views

urlpatterns = [
    path("personal-info/profile/<str:name>/", views.change_attribute, name="change-attribute"),
    path("personal-info/contact/link/<str:token>/", contact_views.prove_by_link, name="prove-email-link"),
    path("personal-info/contact/<str:kind>/", contact_views.change, name="change-contact"),
    path("personal-info/contact/<str:kind>/edit/", contact_views.edit, name="edit-contact"),
    path("personal-info/contact/<str:kind>/prove/", contact_views.prove, name="prove-contact"),
    path("personal-info/contact/<str:kind>/resend/", contact_views.resend, name="resend-contact-code"),
    path("personal-info/contact/<str:kind>/cancel/", contact_views.cancel, name="cancel-contact-change"),
    path("personal-info/picture/", picture_views.choose, name="choose-picture"),
    path("personal-info/picture/gravatar/", picture_views.choose_gravatar, name="choose-gravatar"),
    path("personal-info/picture/gravatar/use/", picture_views.use_gravatar, name="use-gravatar"),
    path("personal-info/picture/upload/", picture_views.upload, name="upload-picture"),
    path("personal-info/picture/initials/", picture_views.use_initials, name="use-initials"),
    path("picture/<str:digest>/", picture_views.picture, name="picture"),
]
