package journal

import (
	"encoding/json"
	"time"
)

// The states of an application that a payment has not: see State for the rest
// (sending, accepted, refused, unknown).
const (
	Prepared State = "prepared" // journalled, no number, nothing sent
	Reserved State = "reserved" // the portal gave the number OrderID; nothing pushed
)

// Submission is one application on its way to the portal.
type Submission struct {
	ID            string          `json:"id"`         // UUIDv7; made by Prepare when empty
	ContentKey    string          `json:"contentKey"` // see ContentKey
	Profile       string          `json:"profile"`
	Applicant     string          `json:"applicant,omitempty"`
	Service       string          `json:"service"`
	TargetCode    string          `json:"targetCode,omitempty"`
	Title         string          `json:"title,omitempty"`
	ArchiveSHA256 string          `json:"archiveSha256,omitempty"` // hex
	ArchivePath   string          `json:"archivePath,omitempty"`
	ChunksTotal   int             `json:"chunksTotal,omitempty"`
	LinkedTo      string          `json:"linkedTo,omitempty"`
	Override      *Override       `json:"override,omitempty"`
	Extra         json.RawMessage `json:"extra,omitempty"`

	State      State     `json:"state"`
	Attempt    int       `json:"attempt"`
	OrderID    int64     `json:"orderId,omitempty"` // the reserved number, 0 when none yet; never changes once set
	ChunksSent int       `json:"chunksSent,omitempty"`
	Reason     Reason    `json:"reason,omitzero"`
	Owner      string    `json:"owner,omitempty"`
	CreatedAt  time.Time `json:"createdAt,omitzero"`
	UpdatedAt  time.Time `json:"updatedAt,omitzero"`
}

// SubmissionResult is what became of an application given to Prepare.
type SubmissionResult struct {
	Outcome    Outcome
	Submission Submission // the new record, or for Duplicate the existing one
}

// SubmissionTransition moves one application. From == To == Sending records
// progress (ChunksSent).
type SubmissionTransition struct {
	ID       string
	From, To State
	Evidence Evidence

	OrderID     int64 // kept when 0; a different number is refused
	ChunksSent  int   // kept when 0
	ChunksTotal int   // kept when 0
	Reason      Reason
	Extra       json.RawMessage
}

// SubmissionFilter narrows ListSubmissions; zero fields do not narrow.
type SubmissionFilter struct {
	Profile string
	States  []State
	Newest  bool
}
