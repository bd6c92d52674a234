from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sessions_app', '0004_switched'),
    ]

    operations = [
        migrations.AlterField(
            model_name='loginsession',
            name='end_reason',
            field=models.CharField(blank=True, choices=[('signed-out', 'Signed out'), ('terminated', 'Terminated'), ('password-changed', 'Password changed'), ('factor-changed', 'Second factor changed'), ('contact-changed', 'E-mail address changed'), ('idle', 'Not used for too long'), ('too-old', 'Open for too long'), ('by-administrator', 'Ended by an administrator'), ('replaced', 'Signed in anew'), ('switched', 'Switched to a linked account'), ('unlinked', 'The link to the other account was removed'), ('source-ended', 'Signed out of the account it came from'), ('no-longer-valid', 'No longer valid')], max_length=20, verbose_name='why it ended'),
        ),
    ]
