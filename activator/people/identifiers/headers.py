"""A column's own header found in a cell, in the languages exports are made in: a second header line, a shifted column.

Words are compared whole, in any case, with or without spaces, dots, hyphens and underscores between their parts; `+`
stands where one of those must be, since Google publishes the digests of Givenname and Familyname. Words that are also
somebody's name or a place (姓, "By", "Il") are left out: a value lost is worse than a digest of a header.
"""

import re

EMAIL = (
    "email", "e mail", "mail", "email address", "e mail address", "mail address", "e mail adresse", "email adresse",
    "adresse e mail", "adresse email", "courriel", "correo", "correo electrónico", "correo electronico",
    "posta elettronica", "indirizzo email", "e mailadres", "mailadresse", "endereço de e mail", "e postadress",
    "e post", "sähköposti", "adres e mail", "e posta", "адрес электронной почты", "почта", "メールアドレス", "メール",
    "邮箱", "电子邮件", "이메일",
)  # fmt: skip
PHONE = (
    "phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "mobile number", "cell", "cell phone",
    "telefon", "telefonnummer", "telefonnr", "handy", "handynummer", "mobil", "mobiltelefon", "téléphone", "portable",
    "teléfono", "telefono", "móvil", "movil", "celular", "cellulare", "telefoon", "telefoonnummer", "telefone",
    "numer telefonu", "puhelin", "телефон", "電話番号", "电话", "手机", "전화번호", "whatsapp",
)  # fmt: skip
NAME = (
    "first name", "given+name", "forename", "fname", "middle name", "last name", "family+name", "surname", "lname",
    "name", "full name", "contact name", "customer name", "display name", "vorname", "nachname", "familienname",
    "rufname", "prénom", "prenom", "nom", "nom de famille", "nombre", "nombres", "apellido", "apellidos", "nome",
    "cognome", "voornaam", "achternaam", "naam", "primeiro nome", "sobrenome", "apelido", "imię", "imie", "nazwisko",
    "förnamn", "efternamn", "fornavn", "efternavn", "etternavn", "etunimi", "sukunimi", "jméno", "jmeno", "příjmení",
    "prijmeni", "keresztnév", "vezetéknév", "utónév", "prenume", "nume", "soyad", "soyadı", "soyadi", "ad soyad",
    "όνομα", "επώνυμο", "имя", "фамилия", "名前", "氏名", "名字", "姓名", "이름",
)  # fmt: skip
CITY = (
    "city", "town", "city town", "town city", "municipality", "ort", "stadt", "wohnort", "ville", "commune", "localité",
    "ciudad", "localidad", "città", "citta", "comune", "plaats", "woonplaats", "stad", "cidade", "localidade", "miasto",
    "miejscowość", "postort", "poststed", "kaupunki", "město", "mesto", "obec", "település", "oraș", "oras", "şehir",
    "sehir", "πόλη", "город", "市区町村", "城市", "도시",
)  # fmt: skip
STATE = (
    "state", "province", "state province", "state region", "region", "county", "bundesland", "kanton", "état", "région",
    "département", "provincia", "estado", "región", "comunidad autónoma", "regione", "provincie", "województwo", "län",
    "lan", "fylke", "maakunta", "область", "регион", "都道府県", "省份",
)  # fmt: skip
ZIP = (
    "zip", "zip code", "postal code", "postcode", "post code", "plz", "postleitzahl", "code postal", "cp",
    "código postal", "codigo postal", "cap", "cep", "código de endereçamento postal", "kod pocztowy", "postnummer",
    "postinumero", "psč", "irányítószám", "cod postal", "posta kodu", "индекс", "почтовый индекс", "郵便番号", "邮编",
    "우편번호",
)  # fmt: skip
COUNTRY = (
    "country", "country code", "country region", "region code", "land", "ländercode", "pays", "code pays", "país",
    "pais", "paese", "nazione", "landcode", "kraj", "maa", "země", "ország", "țară", "ülke", "χώρα", "страна", "国",
    "国家", "국가",
)  # fmt: skip
GENDER = (
    "gender", "sex", "geschlecht", "anrede", "salutation", "sexe", "genre", "género", "genero", "sexo", "sesso",
    "genere", "geslacht", "gênero", "płeć", "kön", "køn", "kjønn", "sukupuoli", "pohlaví", "nem", "sex gender",
    "cinsiyet", "φύλο", "пол", "性別", "性别", "성별",
)  # fmt: skip
BIRTH = (
    "birth date", "date of birth", "birthday", "dob", "birth year", "year of birth", "birth month", "birth day", "year",
    "month", "day", "doby", "dobm", "dobd", "geburtsdatum", "geburtstag", "geburtsjahr", "jahr", "monat", "tag",
    "date de naissance", "année", "mois", "jour", "fecha de nacimiento", "año", "mes", "día", "data di nascita", "anno",
    "mese", "giorno", "geboortedatum", "jaar", "maand", "data de nascimento", "ano", "mês", "data urodzenia",
    "födelsedatum", "fødselsdato", "дата рождения", "生年月日", "出生日期", "생년월일",
)  # fmt: skip
ID = (
    "id", "external id", "extern id", "customer id", "contact id", "user id", "record id", "client id", "account id",
    "lead id", "person id", "member id", "crm id", "uid", "uuid", "guid", "customer number", "customer no",
    "kundennummer", "kundennr", "kunden id", "kunden nr", "identifiant", "numéro client", "id cliente", "klantnummer",
    "klant id", "app user id", "page user id", "appuid", "pageuid",
)  # fmt: skip
DEVICE = (
    "madid", "maid", "mobile advertiser id", "mobile advertising id", "advertising id", "device id", "idfa", "gaid",
    "aaid", "ad id",
)  # fmt: skip

OF_FIELD: dict[str, tuple[str, ...]] = {
    "email": EMAIL, "phone": PHONE, "given_name": NAME, "family_name": NAME, "region_code": COUNTRY,
    "postal_code": ZIP, "EMAIL": EMAIL, "PHONE": PHONE, "FN": NAME, "LN": NAME, "FI": NAME, "GEN": GENDER,
    "DOBY": BIRTH, "DOBM": BIRTH, "DOBD": BIRTH, "CT": CITY, "ST": STATE, "ZIP": ZIP, "COUNTRY": COUNTRY,
    "EXTERN_ID": ID, "APPUID": ID, "PAGEUID": ID, "MADID": DEVICE,
}  # fmt: skip


def spelt(words: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns for header words: `first name` is also firstname, first_name, First-Name and FIRST.NAME."""
    return tuple(re.escape(word).replace(r"\ ", r"[ _./-]*").replace(r"\+", r"[ _./-]+") + "[*:]?" for word in words)
