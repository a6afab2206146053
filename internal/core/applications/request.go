package applications

import "github.com/epgu-cli/epgu/internal/portal/wire/cabinet"

// NewRequest is the request for one service with these answers and files. Commands
// and screens make theirs by it, so that what one of them began the other finds in
// the journal. applicant is the oid of the person or organisation, who is the name
// of the person at the keyboard.
func NewRequest(s *cabinet.ServiceDetails, applicant, who string, values map[string]any, attached []Attachment) Request {
	return Request{
		Applicant: applicant, Who: who, Title: s.Title.String(), TargetCode: s.TargetCode, Region: s.Region, OneStep: s.Push == "single",
		Content: Content{ServiceCode: s.Code, Values: values, Attachments: attached},
	}
}
