package grant

import "github.com/epgu-cli/epgu/internal/portal/wire/esia"

// Codes of ЕСИА's errors, as published by its clients (docs/protocol.md).
const (
	CodeCertificateMismatch = "ESIA-007002"
	CodeBadParameter        = "ESIA-007003"
	CodeRefusedByOwner      = "ESIA-007004"
	CodeClientMayNot        = "ESIA-007005"
	CodeBadScope            = "ESIA-007006"
	CodeInternal            = "ESIA-007007"
	CodeMethodUnsupported   = "ESIA-007009"
	CodeExpired             = "ESIA-007011"
	CodeTypeUnsupported     = "ESIA-007012"
	CodeNoScope             = "ESIA-007013"
	CodeMissingParameter    = "ESIA-007014"
	CodeWrongTime           = "ESIA-007015"
	CodeNoPermission        = "ESIA-007019"
	CodeForeignRedirect     = "ESIA-007023"
	CodeUnreadable          = "ESIA-007038"
	CodeBadChallenge        = "ESIA-007039"
	CodeBadVerifier         = "ESIA-007040"
	CodeBadSecret           = "ESIA-007053"
	CodeNotConfirmed        = "ESIA-007055"
	CodeWrongUser           = "ESIA-007062"
	CodeNotEmployee         = "ESIA-007194"
	CodeClientFailed        = "ESIA-008010"

	CodeNoConsentType         = "ESIA-036700"
	CodeConsentTypeNotFound   = "ESIA-036701"
	CodeConsentScopeMissing   = "ESIA-036702"
	CodeConsentScopeOutside   = "ESIA-036703"
	CodeConsentScopeForbidden = "ESIA-036704"
	CodeConsentActionNeeded   = "ESIA-036705"
	CodeConsentNoSuchAction   = "ESIA-036706"
	CodeConsentPurposeNeeded  = "ESIA-036707"
	CodeConsentBadExpire      = "ESIA-036716"
	CodeConsentNoSuchPurpose  = "ESIA-036726"
	CodeConsentOnePurpose     = "ESIA-036727"
)

// Error is a refusal by ЕСИА. Detail never holds what the client sent but the
// names of parameters and scopes.
type Error struct {
	Code   string // "ESIA-007014"
	Detail string
	Page   bool // to be shown to the person, not sent to the redirect address
}

func fail(code, detail string) *Error { return &Error{Code: code, Detail: detail} }

// Withheld is the refusal by the person whose data are asked for.
func Withheld(detail string) *Error { return fail(CodeRefusedByOwner, detail) }

func (e *Error) onPage() *Error { e.Page = true; return e }

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Detail }

// OAuth returns the word of OAuth 2.0 (RFC 6749) that goes with the code.
func (e *Error) OAuth() string {
	switch e.Code {
	case CodeRefusedByOwner, CodeNotConfirmed, CodeNotEmployee, CodeWrongUser:
		return "access_denied"
	case CodeClientFailed, CodeBadSecret, CodeCertificateMismatch:
		return "invalid_client"
	case CodeClientMayNot:
		return "unauthorized_client"
	case CodeBadScope, CodeNoScope, CodeNoPermission:
		return "invalid_scope"
	case CodeExpired, CodeBadVerifier:
		return "invalid_grant"
	case CodeTypeUnsupported:
		return "unsupported_response_type"
	case CodeMethodUnsupported:
		return "unsupported_grant_type"
	case CodeInternal:
		return "server_error"
	}
	return "invalid_request"
}

// Wire returns the refusal as it travels; state is the one that was sent.
func (e *Error) Wire(state string) esia.ErrorResponse {
	return esia.ErrorResponse{Error: e.OAuth(), Description: e.Error(), State: state}
}

// Refused is the person's own refusal.
func Refused() *Error { return fail(CodeRefusedByOwner, "the person did not give access") }
