"""What account recovery keeps: administrators' switches, questions and answers, addresses, recoveries under way."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

IDENTIFIER_MAX_LENGTH: Final = 254


class CaptchaUse(models.TextChoices):
    """When somebody who recovers an account shows that they are no program."""

    ALWAYS = "always", _("Always")
    AFTER_FAILURES = "after-failures", _("After several recoveries from the same network")
    OFF = "off", pgettext_lazy("captcha", "Never")


class RecoverySettings(models.Model):
    """How people may get back into their accounts: one row. Everything is off until an administrator turns it on."""

    question_recovery = models.BooleanField(_("Security question based password recovery"), default=False)
    email_recovery = models.BooleanField(_("Notification based password recovery"), default=False)
    sms_recovery = models.BooleanField(_("SMS based password recovery"), default=False)
    username_recovery = models.BooleanField(_("Username recovery"), default=False)
    captcha = models.CharField(
        _("Captcha on recovery"), max_length=20, choices=CaptchaUse.choices, default=CaptchaUse.ALWAYS
    )
    min_answers = models.PositiveSmallIntegerField(
        _("Questions to answer"), default=2, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    ask_together = models.BooleanField(_("Ask all questions together"), default=False)
    email_before_questions = models.BooleanField(_("E-mail proof before questions"), default=True)
    link_minutes = models.PositiveSmallIntegerField(
        _("Minutes a link or code from an e-mail works"),
        default=60,
        validators=[MinValueValidator(5), MaxValueValidator(1440)],
    )
    notify_on_success = models.BooleanField(_("Tell people when their account was recovered"), default=True)
    waiting_hours = models.PositiveSmallIntegerField(
        _("Hours to wait after losing every second factor"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
    )
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("account recovery")
        verbose_name_plural = _("account recovery")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="recovery_settings_one_row")]

    def __str__(self) -> str:
        return str(_("account recovery"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep it one row, and count its versions."""
        self.pk = 1
        self.version += 1
        super().save(*args, **kwargs)


class QuestionSet(models.Model):
    """Questions of which a person chooses one."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    order = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(pgettext_lazy("question set", "active"), default=True)

    class Meta:
        verbose_name = _("question set")
        verbose_name_plural = _("question sets")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name


class Question(models.Model):
    """One security question, with a text for each language."""

    set = models.ForeignKey(QuestionSet, on_delete=models.CASCADE, related_name="questions")
    order = models.PositiveSmallIntegerField(_("order"), default=10)
    is_active = models.BooleanField(pgettext_lazy("question", "active"), default=True)
    texts = models.JSONField(_("texts"), default=dict)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return str(self.texts.get("en", ""))


class Answer(models.Model):
    """A person's answer to one question of a set, hashed like a password."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_answers")
    set = models.ForeignKey(QuestionSet, on_delete=models.CASCADE, related_name="+")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=128)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "set"], name="recovery_answer_one_a_set")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.set_id}"


class RecoveryAddress(models.Model):
    """An e-mail address for recovery alone, apart from the profile's. Good only once it is proven."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="recovery_address"
    )
    email = models.EmailField(blank=True)
    verified_at = models.DateTimeField(null=True)
    pending_email = models.EmailField(blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    session_uuid = models.UUIDField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user_id}"


class Recovery(models.Model):
    """One attempt to get back into an account, in one browser. Made for unknown people, too: nothing is told apart."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    identifier_key = models.CharField(max_length=64)  # tells fake questions apart, and not whom was asked for
    binding = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    shown = models.JSONField(default=list)  # what has been proven so far, in order
    channel = models.CharField(max_length=10, blank=True)  # how the newest code was sent
    is_for_questions = models.BooleanField(default=False)  # the person wants to answer questions
    token_digest = models.CharField(max_length=64, blank=True, db_index=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    answered = models.JSONField(default=list)  # questions answered so far, when they are asked one at a time
    is_by_administrator = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.id)


class WaitingRecovery(models.Model):
    """Somebody who has lost every second factor waits, and whoever reads their messages can stop it."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="waiting_recovery")
    started_at = models.DateTimeField()
    ready_at = models.DateTimeField(db_index=True)
    cancel_digest = models.CharField(max_length=64)
    was_announced = models.BooleanField(default=False)  # that the wait is over

    def __str__(self) -> str:
        return f"{self.user_id} until {self.ready_at:%Y-%m-%d %H:%M}"
