package people

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/i18n"
	"github.com/epgu-cli/epgu/internal/portal/wire/cabinet"
)

// Demo is a demo person together with what only a training portal tells: the
// password and the secret of the one-time-code application.
type Demo struct {
	Person
	Password   string
	TOTPSecret string    // base32, RFC 6238, 30 s, 6 digits; empty when there is none
	Role       i18n.Text // in whose name the person usually acts
	OrgOID     int64     // the organisation of that role; 0 for a citizen
}

// The OIDs of the demo people and organisations.
const (
	OIDConfirmed  = 1000000003
	OIDStandard   = 1000000002
	OIDSimplified = 1000000001
	OIDAccountant = 1000000004
	OIDChief      = 1000000005
	OIDCompany    = 1000000101
	OIDTrader     = 1000000102
)

// The powers that a chief may give.
const (
	PowerOrders   = "orders"   // submit and follow applications
	PowerPayments = "payments" // pay in the organisation's name
)

// DemoPeople returns the people whom the portal is born with, the one to begin
// with first. Their numbers follow the rule for test people: a СНИЛС begins
// with 000 (never issued), a passport has the series 0000, an ИНН the region 96, which does not
// exist.
func DemoPeople() []Demo {
	return []Demo{
		{
			Person: Person{
				OID: OIDConfirmed, LastName: "Учебный", FirstName: "Пётр", MiddleName: "Примерович",
				BirthDate: "1985-04-12", Gender: "M", BirthPlace: "г. Примерск", Citizenship: "RUS",
				SNILS: "000-000-009 09", INN: "960000000300", Email: "petr@example.org", Mobile: "+7(900)0000001",
				Level: cabinet.LevelConfirmed,
				Documents: []Document{
					{ID: 31, Type: "RF_PASSPORT", Series: "0000", Number: "000009", IssueDate: "2005-05-20",
						IssueID: "000000", IssuedBy: "Отделом выдачи учебных паспортов г. Примерска", Verified: true},
					{ID: 32, Type: "RF_DRIVING_LICENSE", Series: "0000", Number: "000309", IssueDate: "2019-02-01", Expires: "2029-02-01", Verified: true},
					{ID: 33, Type: "MDCL_PLCY", Number: "0000000000000009", Verified: true},
				},
				Addresses: homes(31),
				Kids: []Kid{{ID: 34, LastName: "Учебная", FirstName: "Зоя", MiddleName: "Петровна",
					BirthDate: "2019-09-01", Gender: "F", SNILS: "000-000-018 10"}},
				Vehicles: []Vehicle{{ID: 35, Name: "Учебный автомобиль", Plate: "У000ЧБ00", VIN: "X0000000000000009", STS: "0000000009", Issued: "2020-06-01"}},
			},
			Password: "Uchebny-2026", TOTPSecret: "JBSWY3DPEHPK3PXP",
			Role: i18n.Text{RU: "гражданин, подтверждённая запись", EN: "citizen, confirmed account"},
		},
		{
			Person: Person{
				OID: OIDStandard, LastName: "Образцова", FirstName: "Анна", MiddleName: "Примеровна",
				BirthDate: "1992-11-03", Gender: "F", BirthPlace: "г. Примерск", Citizenship: "RUS",
				SNILS: "000-000-006 06", INN: "960000000236", Email: "anna@example.org", Mobile: "+7(900)0000002",
				Level: cabinet.LevelStandard,
				Documents: []Document{{ID: 21, Type: "RF_PASSPORT", Series: "0000", Number: "000006", IssueDate: "2012-12-01",
					IssueID: "000000", IssuedBy: "Отделом выдачи учебных паспортов г. Примерска", Verified: true}},
				Addresses: homes(21),
			},
			Password: "Obraztsova-2026",
			Role:     i18n.Text{RU: "гражданка, стандартная запись", EN: "citizen, standard account"},
		},
		{
			Person: Person{
				OID: OIDSimplified, LastName: "Пробный", FirstName: "Иван", MiddleName: "Примерович",
				BirthDate: "2001-01-30", Gender: "M", Citizenship: "RUS",
				Email: "ivan@example.org", Mobile: "+7(900)0000003", Level: cabinet.LevelSimplified,
			},
			Password: "Probny-2026",
			Role:     i18n.Text{RU: "гражданин, упрощённая запись", EN: "citizen, simplified account"},
		},
		{
			Person: Person{
				OID: OIDAccountant, LastName: "Счётова", FirstName: "Мария", MiddleName: "Примеровна",
				BirthDate: "1988-07-07", Gender: "F", BirthPlace: "г. Примерск", Citizenship: "RUS",
				SNILS: "000-000-012 04", INN: "960000000483", Email: "maria@example.org", Mobile: "+7(900)0000004",
				Level: cabinet.LevelConfirmed,
				Documents: []Document{{ID: 41, Type: "RF_PASSPORT", Series: "0000", Number: "000012", IssueDate: "2008-08-08",
					IssueID: "000000", IssuedBy: "Отделом выдачи учебных паспортов г. Примерска", Verified: true}},
				Addresses: homes(41),
			},
			Password: "Schetova-2026", TOTPSecret: "KRSXG5CTMVRXEZLU",
			Role: i18n.Text{RU: "бухгалтер ООО «Учебная ромашка»", EN: "accountant of ООО «Учебная ромашка»"}, OrgOID: OIDCompany,
		},
		{
			Person: Person{
				OID: OIDChief, LastName: "Директоров", FirstName: "Олег", MiddleName: "Примерович",
				BirthDate: "1975-02-15", Gender: "M", BirthPlace: "г. Примерск", Citizenship: "RUS",
				SNILS: "000-000-015 07", INN: "960000000557", Email: "oleg@example.org", Mobile: "+7(900)0000005",
				Level: cabinet.LevelConfirmed,
				Documents: []Document{{ID: 51, Type: "RF_PASSPORT", Series: "0000", Number: "000015", IssueDate: "2020-03-01",
					IssueID: "000000", IssuedBy: "Отделом выдачи учебных паспортов г. Примерска", Verified: true}},
				Addresses: homes(51),
			},
			Password: "Direktorov-2026",
			Role:     i18n.Text{RU: "руководитель ООО «Учебная ромашка»", EN: "chief of ООО «Учебная ромашка»"}, OrgOID: OIDCompany,
		},
	}
}

func homes(id int64) []Address {
	home := Address{ID: id, ZipCode: "000000", Region: "Учебная область", City: "г. Примерск",
		Street: "ул. Образцовая", House: "1", Flat: "1", OKATO: "45000000000"}
	living, registered := home, home
	living.Type, registered.Type = "PLV", "PRG"
	registered.ID++
	return []Address{living, registered}
}

// DemoOrgs returns the organisations whom the portal is born with.
func DemoOrgs() []Org {
	return []Org{
		{OID: OIDCompany, Type: "LEGAL", ShortName: "ООО «Учебная ромашка»",
			FullName: "Общество с ограниченной ответственностью «Учебная ромашка»",
			INN:      "9600000016", KPP: "960001001", OGRN: "1000000000010",
			Email: "romashka@example.org", Phone: "+7(900)0000101",
			Address: Address{ID: 101, Type: "OLG", ZipCode: "000000", Region: "Учебная область", City: "г. Примерск",
				Street: "ул. Образцовая", House: "10", OKATO: "45000000000"}},
		{OID: OIDTrader, Type: "BUSINESS", ShortName: "ИП Директоров О. П.",
			FullName: "Индивидуальный предприниматель Директоров Олег Примерович",
			INN:      "960000000557", OGRN: "300000000000015",
			Email: "oleg@example.org", Phone: "+7(900)0000005",
			Address: Address{ID: 102, Type: "OLG", ZipCode: "000000", Region: "Учебная область", City: "г. Примерск",
				Street: "ул. Образцовая", House: "1", OKATO: "45000000000"}},
	}
}

// demoMembers returns who may act for whom.
func demoMembers() []Member {
	return []Member{
		{PersonOID: OIDAccountant, OrgOID: OIDCompany, Position: "Главный бухгалтер", Powers: []string{PowerOrders, PowerPayments}},
		{PersonOID: OIDChief, OrgOID: OIDCompany, Position: "Генеральный директор", Chief: true},
		{PersonOID: OIDChief, OrgOID: OIDTrader, Position: "Индивидуальный предприниматель", Chief: true},
	}
}

func fill(ctx context.Context, tx *sql.Tx) error {
	for _, d := range DemoPeople() {
		if _, err := Create(ctx, tx, d.Person); err != nil {
			return err
		}
	}
	for _, o := range DemoOrgs() {
		address, err := json.Marshal(o.Address)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO orgs(oid, type, short_name, full_name, inn, kpp, ogrn, email, phone, address)
			VALUES(?,?,?,?,?,?,?,?,?,?)`, o.OID, o.Type, o.ShortName, o.FullName, o.INN, o.KPP, o.OGRN, o.Email, o.Phone, string(address)); err != nil {
			return err
		}
	}
	for _, m := range demoMembers() {
		if err := SetMember(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}
