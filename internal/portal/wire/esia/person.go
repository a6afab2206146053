package esia

import (
	"encoding/json"

	"github.com/epgu-cli/epgu/internal/untrusted"
)

// Text is text from the portal; it is shown only through its String method.
type Text = untrusted.Text

// Addresses of the first version of the protocol: the signed string is scope,
// timestamp, client_id, state, and the signature is a detached CMS.
const (
	PathAuthorizeV1 = "/aas/oauth2/ac"
	PathTokenV1     = "/aas/oauth2/te"
)

// Collections under PathPerson.
const (
	CollectionContacts  = "ctts"
	CollectionAddresses = "addrs"
	CollectionDocuments = "docs"
	CollectionKids      = "kids"
	CollectionVehicles  = "vhls"
	CollectionRoles     = "roles"
	CollectionOrgs      = "orgs"
)

// APIKeyResponse is the answer of PathAPIKey.
type APIKeyResponse struct {
	AccessToken string `json:"accessTkn"`
}

// Collection is a list under a person. Without ?embed=(elements) an element is
// an address to fetch, with it an object.
type Collection struct {
	StateFacts []string          `json:"stateFacts,omitempty"`
	Size       int               `json:"size"`
	Elements   []json.RawMessage `json:"elements"`
}

// Person is the answer of PathPerson.
type Person struct {
	FirstName   Text   `json:"firstName"`
	LastName    Text   `json:"lastName"`
	MiddleName  Text   `json:"middleName,omitempty"`
	BirthDate   string `json:"birthDate,omitempty"` // dd.mm.yyyy
	BirthPlace  Text   `json:"birthPlace,omitempty"`
	Gender      string `json:"gender,omitempty"` // "M" or "F"
	Trusted     bool   `json:"trusted"`          // the account is confirmed
	Citizenship string `json:"citizenship,omitempty"`
	SNILS       string `json:"snils,omitempty"`
	INN         string `json:"inn,omitempty"`
	Status      string `json:"status,omitempty"` // "REGISTERED"
	Verifying   bool   `json:"verifying"`
	RIDDoc      int64  `json:"rIdDoc,omitempty"` // main identity document; absent in a simplified account
	ETag        string `json:"eTag,omitempty"`
}

// Contact is an element of CollectionContacts.
type Contact struct {
	ID           int64  `json:"id"`
	Type         string `json:"type"` // EML, MBT, PHN, CEM, CPH
	Value        Text   `json:"value"`
	VerifyStatus string `json:"vrfStu"` // VERIFIED or NOT_VERIFIED
}

// Address is an element of CollectionAddresses.
type Address struct {
	ID          int64  `json:"id"`
	Type        string `json:"type"` // PLV living, PRG registration
	AddressText Text   `json:"addressStr,omitempty"`
	ZipCode     string `json:"zipCode,omitempty"`
	CountryID   string `json:"countryId,omitempty"`
	Region      Text   `json:"region,omitempty"`
	City        Text   `json:"city,omitempty"`
	Street      Text   `json:"street,omitempty"`
	House       Text   `json:"house,omitempty"`
	Flat        Text   `json:"flat,omitempty"`
	FIASCode    string `json:"fiasCode,omitempty"`
}

// Document is an element of CollectionDocuments.
type Document struct {
	ID           int64  `json:"id"`
	Type         string `json:"type"` // RF_PASSPORT, FID_DOC, FRGN_PASS, RF_DRIVING_LICENSE, MDCL_PLCY …
	Series       Text   `json:"series,omitempty"`
	Number       Text   `json:"number,omitempty"`
	IssueDate    string `json:"issueDate,omitempty"` // dd.mm.yyyy
	IssueID      string `json:"issueId,omitempty"`
	IssuedBy     Text   `json:"issuedBy,omitempty"`
	ExpiryDate   string `json:"expiryDate,omitempty"` // dd.mm.yyyy
	VerifyStatus string `json:"vrfStu,omitempty"`
}

// Kid is an element of CollectionKids.
type Kid struct {
	ID         int64  `json:"id"`
	FirstName  Text   `json:"firstName"`
	LastName   Text   `json:"lastName"`
	MiddleName Text   `json:"middleName,omitempty"`
	BirthDate  string `json:"birthDate,omitempty"` // dd.mm.yyyy
	Gender     string `json:"gender,omitempty"`
	SNILS      string `json:"snils,omitempty"`
}

// Vehicle is an element of CollectionVehicles.
type Vehicle struct {
	ID          int64       `json:"id"`
	Name        Text        `json:"name,omitempty"`
	NumberPlate Text        `json:"numberPlate"`
	RegCertDoc  *RegCertDoc `json:"regCertificate,omitempty"`
}

// RegCertDoc is a vehicle's registration certificate (СТС).
type RegCertDoc struct {
	Series Text `json:"series"`
	Number Text `json:"number"`
}

// Role is an element of CollectionRoles: a membership in an organisation.
type Role struct {
	OID       int64  `json:"oid"` // of the organisation
	FullName  Text   `json:"fullName"`
	ShortName Text   `json:"shortName,omitempty"`
	Type      string `json:"type,omitempty"` // LEGAL, BUSINESS, AGENCY
	OGRN      string `json:"ogrn,omitempty"`
	INN       string `json:"inn,omitempty"`
	KPP       string `json:"kpp,omitempty"`
	Chief     bool   `json:"chief"`
	Admin     bool   `json:"admin"`
	Active    bool   `json:"active"`
	Email     Text   `json:"email,omitempty"`
	Phone     Text   `json:"phone,omitempty"`
}

// Org is the answer of PathOrg.
type Org struct {
	OID       int64  `json:"oid"`
	FullName  Text   `json:"fullName"`
	ShortName Text   `json:"shortName,omitempty"`
	Type      string `json:"type,omitempty"`
	OGRN      string `json:"ogrn,omitempty"`
	INN       string `json:"inn,omitempty"`
	KPP       string `json:"kpp,omitempty"`
	Leg       string `json:"leg,omitempty"` // code of the legal form
}
