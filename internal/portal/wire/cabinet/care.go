package cabinet

import "time"

// CapCare is the capability of what is done with an application after it was sent:
// its messages, documents, versions and rating.
const CapCare Capability = "applications.care"

// WantedDocument is a document that a department has asked for.
type WantedDocument struct {
	Document string    `json:"document"` // its name in the service's list, or "extra"
	Title    Text      `json:"title"`
	Until    time.Time `json:"until"`
}

// Message is one message between an applicant and a department.
type Message struct {
	ID   int64     `json:"id"`
	At   time.Time `json:"at"`
	From string    `json:"from"` // "applicant" or "department"
	Name Text      `json:"name,omitempty"`
	Text Text      `json:"text"`
}

// MessageInput is a message to a department.
type MessageInput struct {
	Text string `json:"text"`
}

// DocumentInput adds a document to an application, or replaces the one of that file
// name.
type DocumentInput struct {
	Document string `json:"document"` // its name in the service's list, or "extra"
	FileName string `json:"fileName"`
	Content  []byte `json:"content"` // base64
}

// Version is one state of an application.
type Version struct {
	Number      int               `json:"number"` // from 1
	At          time.Time         `json:"at"`
	Origin      string            `json:"origin"`                // "sent", "mended", "changed", "attached", "reverted"
	ConfirmedAt *time.Time        `json:"confirmedAt,omitempty"` // when the department took it for its work
	Values      map[string]string `json:"values"`                // by the path of the field
	Changed     []string          `json:"changed"`               // fields that differ from the version before
	Files       []string          `json:"files"`                 // files that differ from the version before
}

// ChangeInput changes fields of an application; null removes a value.
type ChangeInput struct {
	Values map[string]any `json:"values"`
}

// Rating is what an applicant thinks of how it went.
type Rating struct {
	Score int       `json:"score"` // 1 to 5
	Text  Text      `json:"text,omitempty"`
	At    time.Time `json:"at"`
}

// RatingInput rates an application; the last one counts.
type RatingInput struct {
	Score int    `json:"score"`
	Text  string `json:"text,omitempty"`
}

// PublicApplication is an entry of the public register: nothing in it says who
// applied.
type PublicApplication struct {
	OrderID      int64      `json:"orderId"`
	Service      string     `json:"service"`
	ServiceTitle Text       `json:"serviceTitle"`
	Department   Text       `json:"department"`
	Region       string     `json:"region"` // the subject: first two digits of an ОКАТО
	ReceivedOn   string     `json:"receivedOn"`
	StatusID     int        `json:"statusId"`
	StatusTitle  Text       `json:"statusTitle"`
	Indicator    string     `json:"indicator"` // "in-time", "soon", "overdue", "waiting", "done", "refused", "withdrawn"
	ExpectedAt   *time.Time `json:"expectedAt,omitempty"`
}
