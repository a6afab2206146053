package apiforms

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/core/parcel"
	"github.com/epgu-cli/epgu/internal/i18n"
)

func t(ru, en string) i18n.Text { return i18n.Text{RU: ru, EN: en} }

// digits keeps the digits of a text.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// dashed writes a СНИЛС as XXX-XXX-XXX XX.
func dashed(snils string) string {
	d := digits(snils)
	if len(d) != 11 {
		return snils
	}
	return d[:3] + "-" + d[3:6] + "-" + d[6:9] + " " + d[9:]
}

// person are the fields of who applies.
func person() []field {
	who := t("Заявитель", "Applicant")
	return []field{
		{name: "lastName", title: t("Фамилия", "Last name"), group: who, required: true, max: 60},
		{name: "firstName", title: t("Имя", "First name"), group: who, required: true, max: 60},
		{name: "middleName", title: t("Отчество", "Middle name"), group: who, max: 60},
		{name: "gender", title: t("Пол", "Gender"), group: who, required: true, choices: []choice{{"male", t("мужской", "male")}, {"female", t("женский", "female")}}},
		{name: "birthDate", title: t("Дата рождения", "Date of birth"), group: who, kind: "date", required: true},
		{name: "snils", title: t("СНИЛС", "СНИЛС"), group: who, required: true, check: "snils", mask: "snils"},
	}
}

// pensionDelivery is СФР, «доставка пенсии» (10000000109): ЭДПФР of 2016-04-15 and
// Request 1.0.1, by the published schema ЗДП_2016-04-15.xsd and the example of the
// specification 1.1 of 15.11.2024. Account and address are never there together: the
// schema and the example put them in different order.
func pensionDelivery() Form {
	return Form{Code: "10000000109", Version: "2016-04-15",
		schema: func() object {
			home, way := t("Адрес", "Address"), t("Доставка", "Delivery")
			bank, carried := &when{"delivery", []string{"bank"}}, &when{"delivery", []string{"post", "other"}}
			return append(person(),
				field{name: "birthPlace", title: t("Место рождения", "Place of birth"), required: true, max: 255},
				field{name: "birthCountry", title: t("Страна рождения", "Country of birth"), required: true, max: 255, example: "Российская Федерация"},
				field{name: "passportSeries", title: t("Серия паспорта", "Series of the passport"), required: true, pattern: "^[0-9]{4}$", example: "8914"},
				field{name: "passportNumber", title: t("Номер паспорта", "Number of the passport"), required: true, pattern: "^[0-9]{6}$", example: "002457"},
				field{name: "passportDate", title: t("Когда выдан", "Date of issue"), kind: "date", required: true},
				field{name: "passportIssuer", title: t("Кем выдан", "Issued by"), required: true, max: 255},
				field{name: "phone", title: t("Телефон", "Phone"), required: true, pattern: "^8[0-9]{10}$", example: "89001234567"},
				field{name: "email", title: t("Почта", "E-mail"), pattern: "^[^@ ]+@[^@ ]+$", max: 100, example: "ivan@example.org"},
				field{name: "office", title: t("Отделение СФР", "Office of СФР"), hint: t("Название из справочника TO_PFR: epgu dict list TO_PFR --find ГОРОД", "A name of dictionary TO_PFR: epgu dict list TO_PFR --find CITY"), required: true, max: 500},
				field{name: "okato", title: t("ОКАТО", "ОКАТО"), required: true, pattern: "^[0-9]{8,11}$", example: "36401383000"},
				field{name: "oktmo", title: t("ОКТМО", "ОКТМО"), required: true, pattern: "^[0-9]{8,11}$", example: "45344000"},
				field{name: "postcode", title: t("Индекс", "Postcode"), group: home, required: true, pattern: "^[0-9]{6}$", example: "443001"},
				field{name: "region", title: t("Регион", "Region"), group: home, required: true, max: 255, example: "Самарская"},
				field{name: "city", title: t("Город", "City"), group: home, required: true, max: 255},
				field{name: "street", title: t("Улица", "Street"), group: home, max: 255},
				field{name: "house", title: t("Дом", "House"), group: home, max: 50},
				field{name: "flat", title: t("Квартира", "Flat"), group: home, max: 50},
				field{name: "since", title: t("С какого дня", "From which day"), group: way, required: true, pattern: "^[0-9]{4}-[0-9]{2}-01$", hint: t("первое число месяца", "the first of a month"), example: "2027-01-01"},
				field{name: "delivery", title: t("Как доставлять", "How to deliver"), group: way, required: true, choices: []choice{
					{"post", t("через почту", "by post")}, {"bank", t("в банк", "to a bank")}, {"other", t("через другую организацию", "by another organisation")}}},
				field{name: "organisation", title: t("Банк или организация", "Bank or organisation"), group: way, required: true, max: 1024, when: &when{"delivery", []string{"bank", "other"}}},
				field{name: "account", title: t("Счёт", "Account"), group: way, required: true, pattern: "^[0-9]{20}$", when: bank, example: "40702810038050103285"},
				field{name: "handing", title: t("Где вручать", "Where to hand over"), group: way, required: true, when: carried, choices: []choice{{"desk", t("в кассе", "at the desk")}, {"home", t("на дому", "at home")}}},
			)
		},
		build: func(v values) []parcel.File {
			return []parcel.File{
				parcel.Made("req_{guid}.xml", pensionRequest(v).document()),
				parcel.Made("trans_{guid}.xml", pensionTransport(v).document()),
			}
		}}
}

func russianAddress(v values) []element {
	named := func(tag, value string) element { return in("УТ:"+tag, el("УТ:Название", value)) }
	numbered := func(tag, value string) element { return in("УТ:"+tag, el("УТ:Номер", value)) }
	return []element{el("УТ:Индекс", v.text("postcode")),
		in("УТ:РоссийскийАдрес", named("Регион", v.text("region")), named("Город", v.text("city")), named("Улица", v.text("street")),
			numbered("Дом", v.text("house")), numbered("Квартира", v.text("flat")))}
}

func oneOf(value string, codes map[string]string) string { return codes[value] }

func pensionRequest(v values) element {
	delivery := in("СведенияОДоставке",
		el("ДатаДоставки", v.text("since")), el("МестоДоставки", "3"), el("Получатель", "1"),
		el("СпособДоставки", oneOf(v.text("delivery"), map[string]string{"post": "1", "bank": "2", "other": "3"})))
	if v.text("delivery") != "post" {
		delivery.kids = append(delivery.kids, el("НаименованиеОрганизации", v.text("organisation")))
	}
	if v.text("delivery") == "bank" {
		delivery.kids = append(delivery.kids, el("НомерСчета", v.text("account")))
	} else {
		delivery.kids = append(delivery.kids, el("СпособВручения", oneOf(v.text("handing"), map[string]string{"desk": "1", "home": "2"})), in("Адрес", russianAddress(v)...))
	}
	return in("ЭДПФР",
		in("ЗДП",
			el("ВЗЛ:ТерОрган", v.text("office")), el("ВЗЛ:ДатаЗаполнения", parcel.FieldDate),
			in("Анкета",
				in("УТ:ФИО", el("УТ:Фамилия", v.text("lastName")), el("УТ:Имя", v.text("firstName")), el("УТ:Отчество", v.text("middleName"))),
				el("УТ:Пол", oneOf(v.text("gender"), map[string]string{"male": "М", "female": "Ж"})), el("УТ:ДатаРождения", v.text("birthDate")), el("УТ:СтраховойНомер", dashed(v.text("snils"))),
				in("УТ:МестоРождения", el("УТ:ТипМестаРождения", "ОСОБОЕ"), el("УТ:ГородРождения", v.text("birthPlace")), el("УТ:СтранаРождения", v.text("birthCountry"))),
				in("УТ:Гражданство", el("УТ:Тип", "1")),
				in("УТ:АдресФактический", russianAddress(v)...),
				in("УТ:Телефоны", el("УТ:Телефон", v.text("phone"))), el("УТ:АдресЭлПочты", v.text("email")),
				in("УТ:УдостоверяющийДокументОграниченногоСрока", el("УТ:ТипДокумента", "ПАСПОРТ РОССИИ"), el("УТ:Серия", v.text("passportSeries")), el("УТ:Номер", v.text("passportNumber")),
					el("УТ:ДатаВыдачи", v.text("passportDate")), el("УТ:КемВыдан", v.text("passportIssuer")))),
			delivery,
			el("ПризнакОзнакомления", "1")),
		in("СлужебнаяИнформация", el("АФ:GUID", parcel.FieldGUID), el("АФ:ДатаВремя", parcel.FieldTime), el("НомерВнешний", parcel.FieldOrder), el("ДатаПодачи", parcel.FieldDate)),
	).with("xmlns", "http://пф.рф/ВЗЛ/ЗДП/2016-04-15").with("xmlns:АФ", "http://пф.рф/АФ").
		with("xmlns:УТ", "http://пф.рф/унифицированныеТипы/2014-01-01").with("xmlns:ВЗЛ", "http://пф.рф/ВЗЛ/типы/2014-01-01")
}

func pensionTransport(v values) element {
	return in("zdp:Request",
		el("cmv:SNILS", digits(v.text("snils"))),
		in("cmv:ExternalRegistrationData", el("cmv:ExternalRegistrationNumber", parcel.FieldOrder), el("cmv:ExternalRegistrationDate", parcel.FieldDate)),
		el("cmv:OKATO", v.text("okato")), el("cmv:OKTMO", v.text("oktmo")), el("cmv:MFCCode", parcel.FieldOrder),
		el("cmv:ApplicationFileName", "req_"+parcel.FieldGUID+".xml"), el("zdp:FRGUTargetId", "10002953957"),
	).with("xmlns:zdp", "urn://cmv.pfr.ru/zdp/1.0.1").with("xmlns:cmv", "urn://cmv.pfr.ru/types/1.0.1")
}
