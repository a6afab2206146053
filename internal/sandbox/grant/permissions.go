package grant

import (
	"encoding/json"
	"slices"

	"github.com/epgu-cli/epgu/internal/portal/wire/esia"
)

// ConsentAPI is the one type of consent that the portal knows: work through
// API ЕПГУ.
const ConsentAPI = "APIPGU"

// maxConsent is the longest term of a consent, minutes: five years.
const maxConsent = 5 * 525600

// parsePermissions reads the parameter permissions, base64url of a JSON array;
// empty is none. Every rule has the published code.
func parsePermissions(s string) ([]esia.Permission, *Error) {
	if s == "" {
		return nil, nil
	}
	raw, ok := decodeBase64(s)
	if !ok || len(raw) > 64<<10 {
		return nil, fail(CodeBadParameter, "permissions must be base64url of a JSON array")
	}
	var list []esia.Permission
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fail(CodeBadParameter, "permissions must be base64url of a JSON array")
	}
	for _, p := range list {
		if err := checkPermission(p); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func checkPermission(p esia.Permission) *Error {
	has := func(list []esia.Sysname, name string) bool {
		return slices.Contains(list, esia.Sysname{Sysname: name})
	}
	switch {
	case p.Sysname == "":
		return fail(CodeNoConsentType, "sysname of the consent")
	case p.Sysname != ConsentAPI:
		return fail(CodeConsentTypeNotFound, "the only type of consent is "+ConsentAPI)
	case !has(p.Scopes, ScopeOrder):
		return fail(CodeConsentScopeMissing, "scope "+ScopeOrder+" is mandatory")
	case len(p.Actions) == 0:
		return fail(CodeConsentActionNeeded, "actions")
	case len(p.Purposes) == 0:
		return fail(CodeConsentPurposeNeeded, "purposes")
	case len(p.Purposes) > 1:
		return fail(CodeConsentOnePurpose, "purposes")
	case !has(p.Purposes, ConsentAPI):
		return fail(CodeConsentNoSuchPurpose, "the only purpose is "+ConsentAPI)
	case p.Expire <= 0 || p.Expire > maxConsent:
		return fail(CodeConsentBadExpire, "expire must be 1 to 2628000 minutes")
	}
	for _, s := range p.Scopes {
		if !KnownScope(s.Sysname) {
			return fail(CodeConsentScopeOutside, "scope outside the consent: "+s.Sysname)
		}
	}
	for _, a := range p.Actions {
		switch a.Sysname {
		case "ALL_ACTIONS_TO_DATA", "SHARE_DATA", "USE_DATA":
		default:
			return fail(CodeConsentNoSuchAction, "actions")
		}
	}
	return nil
}
