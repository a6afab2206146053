package apiforms

import (
	"strings"

	"github.com/epgu-cli/epgu/internal/core/parcel"
)

// enforcement is ФССП, «наличие исполнительного производства» (60010153), asked by
// a person for oneself: EPGURequest 1.0.1 and IRequest of 2019/1, by the
// specification of 17.07.2024.
func enforcement() Form {
	return Form{Code: "60010153", Version: "2024-07-17",
		schema: func() object {
			return append(person(), field{name: "environment", title: t("Среда", "Environment"), required: true,
				choices: []choice{{"PROD", t("рабочий портал", "the working portal")}, {"SVCDEV", t("тестовый стенд", "the test stand")}, {"DEV", t("разработка", "development")}}})
		},
		build: func(v values) []parcel.File {
			return []parcel.File{parcel.Made("req.xml", enforcementRequest(v).document()), parcel.Made("piev_epgu.xml", enforcementPetition(v).document())}
		}}
}

func enforcementRequest(v values) element {
	return in("fssp:EPGURequest", in("fssp:DataRequest",
		el("fssp:OrderId", parcel.FieldOrder), el("fssp:Date", parcel.FieldDateTime), el("fssp:Department", "ФССП"), el("fssp:DepartmentCode", "00000"),
		el("fssp:ReceiverID", "FSSP10"), el("fssp:ServiceCode", "10001449665"), el("fssp:TargetCode", "10001505301"), el("fssp:StatementDate", parcel.FieldDate)),
	).with("xmlns:fssp", "urn://x-artifacts-fssp-ru/mvv/smev3/epgu/1.0.1").with("Env", v.text("environment"))
}

func enforcementPetition(v values) element {
	name := strings.Join(strings.Fields(v.text("lastName")+" "+v.text("firstName")+" "+v.text("middleName")), " ")
	snils := digits(v.text("snils"))
	e := func(name, text string) element { return el("fssp:"+name, text) }
	return in("fssp:IRequest",
		e("ExternalKey", parcel.FieldOrder), e("DocType", "I_IP_EXIST_INTERACTIVE"),
		e("DocName", "Заявление о предоставлении информации о наличии исполнительного производства из банка данных"),
		e("DocDate", parcel.FieldDate), e("IncludeAll", "true"), e("ComplainerType", "2"), e("AuthorName", name),
		e("ComplainerGender", oneOf(v.text("gender"), map[string]string{"male": "1", "female": "2"})), e("AuthorBorn", v.text("birthDate")), e("AuthorSnils", snils),
		e("AuthorBackAddrType", "ЕПГУ"), e("AuthorBackAddr", snils), e("SimpleDigSignature", snils),
		in("fssp:Sendlist", e("Receiver", "ФССП"), e("ReceiverDivisionCode", "00000"), e("ReceiverAddrType", "ВЕБ-СЕРВИС"), e("ReceiverAddr", "00000")),
	).with("xmlns:fssp", "http://www.fssprus.ru/namespace/incoming/2019/1")
}
