# ruff: noqa: RUF001, E501 (other scripts than Latin, and one sentence is one line)
"""The questions every portal begins with: two sets, in nine languages.

Each asks for something from early life that one does not forget, that has many possible answers, and that
people do not tell of themselves on social media. Where a language would make people say whether they are a man or a
woman, the sentence goes round it.
"""

from __future__ import annotations

from typing import Any, Final

# By their own names. Django itself does not know Sinhala.
LANGUAGES: Final = {
    "en": "English",
    "de": "Deutsch",
    "es": "español",
    "fr": "français",
    "ja": "日本語",
    "pt": "português",
    "si": "සිංහල",
    "ta": "தமிழ்",
    "zh-hans": "简体中文",
}

SETS: Final[tuple[tuple[str, tuple[dict[str, str], ...]], ...]] = (
    (
        "First question set",
        (
            {
                "en": "What was the name of your first teacher at school?",
                "de": "Wie hieß Ihre erste Lehrerin oder Ihr erster Lehrer in der Schule?",
                "es": "¿Cómo se llamaba su primera maestra o su primer maestro en la escuela?",
                "fr": "Comment s’appelait votre première institutrice ou votre premier instituteur ?",
                "ja": "小学校で最初に担任だった先生の名前は何ですか？",
                "pt": "Como se chamava a sua primeira professora ou o seu primeiro professor na escola?",
                "si": "පාසලේදී ඔබට මුලින්ම ඉගැන්වූ ගුරුවරයාගේ හෝ ගුරුවරියගේ නම කුමක්ද?",
                "ta": "பள்ளியில் உங்களுக்கு முதன்முதலில் கற்பித்த ஆசிரியரின் பெயர் என்ன?",
                "zh-hans": "您上学后的第一位老师叫什么名字？",
            },
            {
                "en": "What pet name did only your family use for you when you were a child?",
                "de": "Mit welchem Kosenamen wurden Sie als Kind nur in Ihrer Familie gerufen?",
                "es": "¿Qué apodo cariñoso le daba únicamente su familia durante su infancia?",
                "fr": "Quel petit nom vous donnait-on, dans votre famille uniquement, quand vous étiez enfant ?",
                "ja": "子どものころ、家族だけが使っていたあなたの呼び名は何ですか？",
                "pt": "Qual era o nome carinhoso que só a sua família lhe dava na infância?",
                "si": "ඔබේ කුඩා කාලයේ පවුලේ අය පමණක් ඔබ ඇමතීමට භාවිත කළ සුරතල් නම කුමක්ද?",
                "ta": "சிறு வயதில் உங்கள் குடும்பத்தினர் மட்டுமே உங்களை அழைத்த செல்லப்பெயர் என்ன?",
                "zh-hans": "您小时候只有家里人才叫的小名是什么？",
            },
            {
                "en": "What was the first name of your best friend when you were ten years old?",
                "de": "Welchen Vornamen hatte Ihre beste Freundin oder Ihr bester Freund, als Sie zehn Jahre alt waren?",
                "es": "¿Cuál era el nombre de pila de su mejor amigo o amiga cuando usted tenía diez años?",
                "fr": "Quel était le prénom de votre meilleur ami ou de votre meilleure amie quand vous aviez dix ans ?",
                "ja": "10歳のころ、いちばん仲の良かった友だちの下の名前は何ですか？",
                "pt": "Qual era o primeiro nome do seu melhor amigo ou da sua melhor amiga quando tinha dez anos de idade?",
                "si": "ඔබේ වයස අවුරුදු දහයේදී ඔබේ හොඳම මිතුරාගේ හෝ මිතුරියගේ මුල් නම කුමක්ද?",
                "ta": "உங்களுக்குப் பத்து வயது இருந்தபோது உங்கள் மிக நெருங்கிய நண்பரின் பெயர் என்ன?",
                "zh-hans": "您十岁时最好的朋友叫什么名字？",
            },
            {
                "en": "What did you call the soft toy or doll you loved most as a child?",
                "de": "Wie hieß das Kuscheltier oder die Puppe, die Sie als Kind am liebsten hatten?",
                "es": "¿Cómo se llamaba el peluche o la muñeca que más quería en su infancia?",
                "fr": "Comment s’appelait la peluche ou la poupée que vous aimiez le plus quand vous étiez enfant ?",
                "ja": "子どものころ、いちばん大切にしていたぬいぐるみや人形の名前は何ですか？",
                "pt": "Como se chamava o boneco ou a boneca de que mais gostava na infância?",
                "si": "කුඩා කාලයේ ඔබ වඩාත්ම ආදරය කළ සෙල්ලම් සතාගේ හෝ බෝනික්කාගේ නම කුමක්ද?",
                "ta": "சிறு வயதில் நீங்கள் மிகவும் நேசித்த பொம்மையின் பெயர் என்ன?",
                "zh-hans": "您小时候最喜欢的毛绒玩具或娃娃叫什么名字？",
            },
            {
                "en": "What was the name of the neighbour you knew best as a child?",
                "de": "Wie hieß der Mensch aus der Nachbarschaft, den Sie als Kind am besten kannten?",
                "es": "¿Cómo se llamaba el vecino o la vecina que mejor conocía en su infancia?",
                "fr": "Comment s’appelait le voisin ou la voisine que vous connaissiez le mieux quand vous étiez enfant ?",
                "ja": "子どものころ、いちばん親しかった近所の人の名前は何ですか？",
                "pt": "Como se chamava o vizinho ou a vizinha que melhor conhecia na infância?",
                "si": "කුඩා කාලයේ ඔබ හොඳින්ම දැන සිටි අසල්වැසියාගේ නම කුමක්ද?",
                "ta": "சிறு வயதில் உங்களுக்கு மிகவும் பழக்கமான பக்கத்து வீட்டுக்காரரின் பெயர் என்ன?",
                "zh-hans": "您小时候最熟悉的邻居叫什么名字？",
            },
            {
                "en": "What was the name of the doctor who looked after you as a child?",
                "de": "Wie hieß die Ärztin oder der Arzt Ihrer Kindheit?",
                "es": "¿Cómo se llamaba el médico o la médica que le atendía en su infancia?",
                "fr": "Comment s’appelait le médecin qui vous soignait quand vous étiez enfant ?",
                "ja": "子どものころ、かかりつけだった医師の名前は何ですか？",
                "pt": "Como se chamava o médico ou a médica da sua infância?",
                "si": "කුඩා කාලයේ ඔබට ප්‍රතිකාර කළ වෛද්‍යවරයාගේ හෝ වෛද්‍යවරියගේ නම කුමක්ද?",
                "ta": "சிறு வயதில் உங்களுக்குச் சிகிச்சை அளித்த மருத்துவரின் பெயர் என்ன?",
                "zh-hans": "您小时候常给您看病的医生叫什么名字？",
            },
            {
                "en": "What was the name of your first boss?",
                "de": "Wie hieß Ihre erste Chefin oder Ihr erster Chef?",
                "es": "¿Cómo se llamaba su primer jefe o su primera jefa?",
                "fr": "Comment s’appelait la personne qui vous dirigeait dans votre premier emploi ?",
                "ja": "初めて働いたときの上司の名前は何ですか？",
                "pt": "Como se chamava o seu primeiro chefe ou a sua primeira chefe?",
                "si": "ඔබේ පළමු රැකියාවේදී ඔබේ ප්‍රධානියාගේ නම කුමක්ද?",
                "ta": "உங்கள் முதல் வேலையில் உங்கள் மேலதிகாரியின் பெயர் என்ன?",
                "zh-hans": "您的第一位上司叫什么名字？",
            },
            {
                "en": "What was the first name of the oldest relative you met as a child?",
                "de": "Welchen Vornamen hatte die älteste Person aus Ihrer Verwandtschaft, die Sie als Kind kannten?",
                "es": "¿Cuál era el nombre de pila del familiar de mayor edad que conoció en su infancia?",
                "fr": "Quel était le prénom du membre le plus âgé de votre famille que vous avez connu quand vous étiez enfant ?",
                "ja": "子どものころに会った親戚のうち、最も年上だった人の下の名前は何ですか？",
                "pt": "Qual era o primeiro nome do parente mais velho que conheceu na infância?",
                "si": "කුඩා කාලයේ ඔබට මුණගැසුණු වයසින් වැඩිම ඥාතියාගේ මුල් නම කුමක්ද?",
                "ta": "சிறு வயதில் நீங்கள் பார்த்த உறவினர்களில் மிகவும் வயதானவரின் பெயர் என்ன?",
                "zh-hans": "您小时候见过的亲戚中年纪最大的那位叫什么名字？",
            },
        ),
    ),
    (
        "Second question set",
        (
            {
                "en": "In which street or village did your best friend live when you were a child?",
                "de": "In welcher Straße oder in welchem Dorf wohnte Ihre beste Freundin oder Ihr bester Freund, als Sie ein Kind waren?",
                "es": "¿En qué calle o pueblo vivía su mejor amigo o amiga de la infancia?",
                "fr": "Dans quelle rue ou dans quel village habitait votre meilleur ami ou votre meilleure amie quand vous étiez enfant ?",
                "ja": "子どものころ、いちばん仲の良かった友だちが住んでいた町や村の名前は何ですか？",
                "pt": "Em que rua ou localidade morava o seu melhor amigo ou a sua melhor amiga de infância?",
                "si": "කුඩා කාලයේ ඔබේ හොඳම මිතුරා හෝ මිතුරිය පදිංචි වී සිටියේ කුමන වීදියේද, නැතහොත් කුමන ගමේද?",
                "ta": "சிறு வயதில் உங்கள் மிக நெருங்கிய நண்பர் எந்தத் தெருவில் அல்லது எந்த ஊரில் வசித்தார்?",
                "zh-hans": "您小时候最好的朋友住在哪条街或哪个村子？",
            },
            {
                "en": "Which film was the first you saw in a cinema?",
                "de": "Welcher Film war der erste, den Sie im Kino gesehen haben?",
                "es": "¿Cuál fue la primera película que vio en el cine?",
                "fr": "Quel est le premier film que vous avez vu au cinéma ?",
                "ja": "映画館で初めて見た映画は何ですか？",
                "pt": "Qual foi o primeiro filme que viu no cinema?",
                "si": "ඔබ සිනමා ශාලාවකදී නැරඹූ පළමු චිත්‍රපටය කුමක්ද?",
                "ta": "திரையரங்கில் நீங்கள் பார்த்த முதல் திரைப்படம் எது?",
                "zh-hans": "您在电影院看的第一部电影是什么？",
            },
            {
                "en": "Which book was the first you read to the end by yourself?",
                "de": "Welches Buch war das erste, das Sie allein zu Ende gelesen haben?",
                "es": "¿Cuál fue el primer libro que leyó hasta el final sin ayuda?",
                "fr": "Quel est le premier livre que vous avez lu en entier, sans aide ?",
                "ja": "初めて一人で最後まで読んだ本は何ですか？",
                "pt": "Qual foi o primeiro livro que leu por inteiro, sem ajuda?",
                "si": "ඔබ තනිවම අවසානය දක්වා කියවූ පළමු පොත කුමක්ද?",
                "ta": "நீங்களாகவே முழுவதும் படித்து முடித்த முதல் புத்தகம் எது?",
                "zh-hans": "您独自读完的第一本书是什么？",
            },
            {
                "en": "Where did you see the sea for the first time?",
                "de": "Wo haben Sie zum ersten Mal das Meer gesehen?",
                "es": "¿Dónde vio el mar por primera vez?",
                "fr": "Où avez-vous vu la mer pour la première fois ?",
                "ja": "初めて海を見た場所はどこですか？",
                "pt": "Onde viu o mar pela primeira vez?",
                "si": "ඔබ මුලින්ම මුහුද දුටුවේ කොහේදීද?",
                "ta": "நீங்கள் முதன்முதலில் கடலை எங்கே பார்த்தீர்கள்?",
                "zh-hans": "您第一次看到大海是在哪里？",
            },
            {
                "en": "Where did you go on your first journey without your parents?",
                "de": "Wohin ging Ihre erste Reise ohne Ihre Eltern?",
                "es": "¿Adónde fue en su primer viaje sin sus padres?",
                "fr": "Où avez-vous fait votre premier voyage sans vos parents ?",
                "ja": "親と離れて初めて旅行した先はどこですか？",
                "pt": "Para onde foi na sua primeira viagem sem os seus pais?",
                "si": "දෙමාපියන් නොමැතිව ඔබ මුලින්ම ගමනක් ගියේ කොහේටද?",
                "ta": "பெற்றோர் இல்லாமல் நீங்கள் முதன்முதலில் எங்கே பயணம் சென்றீர்கள்?",
                "zh-hans": "您第一次没有父母陪同的旅行去了哪里？",
            },
            {
                "en": "Which song did your family sing to you at bedtime when you were a child?",
                "de": "Welches Lied wurde Ihnen als Kind zum Einschlafen vorgesungen?",
                "es": "¿Qué canción le cantaba su familia a la hora de dormir durante su infancia?",
                "fr": "Quelle chanson votre famille vous chantait-elle pour vous endormir quand vous étiez enfant ?",
                "ja": "子どものころ、寝るときに家族が歌ってくれた歌は何ですか？",
                "pt": "Que canção a sua família lhe cantava na hora de dormir quando era criança?",
                "si": "කුඩා කාලයේ ඔබව නිදි කරවීමට පවුලේ අය ගැයූ ගීතය කුමක්ද?",
                "ta": "சிறு வயதில் உங்களைத் தூங்க வைக்கக் குடும்பத்தினர் பாடிய பாடல் எது?",
                "zh-hans": "您小时候家人哄您睡觉时唱的是什么歌？",
            },
            {
                "en": "What was the name of the shop where you bought sweets as a child?",
                "de": "Wie hieß der Laden, in dem Sie als Kind Süßigkeiten gekauft haben?",
                "es": "¿Cómo se llamaba la tienda donde compraba dulces en su infancia?",
                "fr": "Comment s’appelait le magasin où vous achetiez des bonbons quand vous étiez enfant ?",
                "ja": "子どものころ、お菓子を買っていた店の名前は何ですか？",
                "pt": "Como se chamava a loja onde comprava doces na infância?",
                "si": "කුඩා කාලයේ ඔබ රසකැවිලි මිලදී ගත් කඩයේ නම කුමක්ද?",
                "ta": "சிறு வயதில் நீங்கள் மிட்டாய் வாங்கிய கடையின் பெயர் என்ன?",
                "zh-hans": "您小时候常去买糖果的商店叫什么名字？",
            },
            {
                "en": "What was the first thing you bought with money you had earned yourself?",
                "de": "Was haben Sie als Erstes von selbst verdientem Geld gekauft?",
                "es": "¿Qué fue lo primero que compró con el dinero que ganó con su trabajo?",
                "fr": "Qu’avez-vous acheté en premier avec de l’argent que vous aviez gagné vous-même ?",
                "ja": "自分で稼いだお金で最初に買ったものは何ですか？",
                "pt": "Qual foi a primeira coisa que comprou com dinheiro ganho com o seu trabalho?",
                "si": "ඔබම උපයාගත් මුදලින් ඔබ මුලින්ම මිලදී ගත්තේ කුමක්ද?",
                "ta": "நீங்களே சம்பாதித்த பணத்தில் முதன்முதலில் வாங்கிய பொருள் எது?",
                "zh-hans": "您用自己挣的钱买的第一样东西是什么？",
            },
        ),
    ),
)


def add(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 (Django's)
    """Put both sets into the database; one an administrator has under the same name stays as it is."""
    question_set, question = (apps.get_model("security", name) for name in ("QuestionSet", "Question"))
    for number, (name, texts_of_each) in enumerate(SETS, start=1):
        row, is_new = question_set.objects.get_or_create(name=name, defaults={"order": number * 10})
        if is_new:
            question.objects.bulk_create(
                question(set=row, order=place * 10, texts=texts) for place, texts in enumerate(texts_of_each, start=1)
            )


def remove(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001 (Django's)
    """Take them out again, with the answers people gave."""
    apps.get_model("security", "QuestionSet").objects.filter(name__in=[name for name, _ in SETS]).delete()
