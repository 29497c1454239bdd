package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sillok/sillok/internal/api"
)

// shopModel is a service of two nouns.
func shopModel(t *testing.T) *model {
	t.Helper()
	m := &model{}
	text := `{
		"operations": {
			"GetShop": {"input": {"shape": "ByName"}}, "CreateShop": {"input": {"shape": "Create"}},
			"SellItems": {"input": {"shape": "Sell"}}, "TagThing": {"input": {"shape": "Tag"}}, "Audit": {}
		},
		"shapes": {
			"ByName": {"type": "structure", "required": ["Name"], "members": {"Name": {"shape": "Text"}, "VersionId": {"shape": "Text"}}},
			"Create": {"type": "structure", "members": {"ShopInput": {"shape": "ByName"}}},
			"Sell": {"type": "structure", "members": {"Shop": {"shape": "Text"}, "Items": {"shape": "Items"}}},
			"Items": {"type": "list", "member": {"shape": "Item"}},
			"Item": {"type": "structure", "members": {"Code": {"shape": "Text"}, "Count": {"shape": "Number"}}},
			"Tag": {"type": "structure", "members": {"ResourceARN": {"shape": "Text"}}},
			"Text": {"type": "string"}, "Number": {"type": "integer"}
		}
	}`
	if err := json.Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func shopAuthorization(t *testing.T) *authorization {
	t.Helper()
	text := `{
		"privileges": {
			"GetShop": {"access_level": "Read", "resource_types": {"shop": {"required": true}, "": {}}},
			"CreateShop": {"access_level": "Write", "resource_types": {"shop": {}}},
			"Sell": {"access_level": "Write", "resource_types": {"item": {}, "shop": {}, "street": {}}},
			"TagThing": {"access_level": "Tagging", "resource_types": {"item": {}, "shop": {}}},
			"Audit": {"access_level": "List", "resource_types": {"": {}}}
		},
		"resources": {
			"shop": {"arn": "arn:${Partition}:shop:${Region}:${Account}:shop/${ShopName}"},
			"item": {"arn": "arn:${Partition}:shop:::item/${ShopName}/${ItemCode}"},
			"street": {"arn": "arn:${Partition}:shop:::street/${Street}"}
		}
	}`
	service, err := reference{"shop": json.RawMessage(text)}.service("shop")
	if err != nil {
		t.Fatal(err)
	}
	return service
}

const shopARN = "arn:{Partition}:shop:{Region}:{Account}:shop/"

func TestTouch(t *testing.T) {
	for _, tt := range []struct {
		op      string
		overlay authorizationOverlay
		want    touch
	}{
		{op: "Audit", want: touch{action: "shop:Audit", access: api.List}},
		{op: "GetShop", want: touch{action: "shop:GetShop", access: api.Read, resources: []api.Resource{{Type: "shop", ARN: shopARN + "{Name}"}}}},
		{op: "CreateShop", overlay: authorizationOverlay{defaults: map[string]string{"ShopName": "main"}, forms: map[string]string{"ShopName": "lower"}}, want: touch{
			action: "shop:CreateShop", access: api.Write,
			resources: []api.Resource{{Type: "shop", ARN: shopARN + "{lower:ShopInput.Name|'main'}"}},
		}},
		{op: "TagThing", want: touch{action: "shop:TagThing", access: api.Tagging, resources: []api.Resource{{ARN: "{ResourceARN}"}}}},
		{op: "GetShop", overlay: authorizationOverlay{versions: map[string]string{"GetShop": "shop:GetShopVersion"}}, want: touch{
			action: "shop:GetShop", access: api.Read, resources: []api.Resource{
				{Type: "shop", ARN: shopARN + "{Name}", When: "!VersionId"},
				{Type: "shop", ARN: shopARN + "{Name}", Action: "shop:GetShopVersion", When: "VersionId"},
			},
		}},
		{
			op: "SellItems",
			overlay: authorizationOverlay{
				actions: map[string]string{"SellItems": "sell"}, without: []string{"street"},
				special: map[string]string{"SellItems ItemCode": "Items[].Code"},
				members: map[string]string{"ShopName": "Shop"},
				when:    map[string]string{"SellItems item": "!Items[].Count=0"},
			},
			want: touch{action: "shop:Sell", access: api.Write, resources: []api.Resource{
				{Type: "shop", ARN: shopARN + "{Shop}"},
				{Type: "item", ARN: "arn:{Partition}:shop:::item/{Shop}/{Items[].Code}", When: "!Items[].Count=0"},
			}},
		},
	} {
		tr := &toucher{model: shopModel(t), auth: shopAuthorization(t), overlay: tt.overlay}
		got, err := tr.operation(tt.op)
		if err != nil {
			t.Errorf("%s: %v", tt.op, err)
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(touch{}, event{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.op, diff)
		}
	}
}

func TestTouchFailsForWhatIsNotKnown(t *testing.T) {
	for _, tt := range []struct {
		name, op string
		overlay  authorizationOverlay
		want     string
	}{
		{name: "no action", op: "SellItems", want: "no action shop:SellItems"},
		{
			name: "variables that no member is", op: "SellItems", overlay: authorizationOverlay{actions: map[string]string{"SellItems": "Sell"}},
			want: "street: no member of the input is ${Street}\nitem: no member of the input is ${ShopName}\nitem: no member of the input is ${ItemCode}",
		},
		{
			name: "a path to nowhere", op: "GetShop", overlay: authorizationOverlay{special: map[string]string{"GetShop ShopName": "Shop"}},
			want: "the input has no Shop",
		},
		{
			name: "a path to no text", op: "GetShop",
			overlay: authorizationOverlay{resources: map[string][]api.Resource{"GetShop": {{ARN: "arn:x/{Name.Count}"}}}},
			want:    "the input has no Name.Count",
		},
		{
			name: "a condition on nothing", op: "GetShop",
			overlay: authorizationOverlay{more: map[string][]api.Resource{"GetShop": {{ARN: "{Name}", When: "!Mode=Fast"}}}},
			want:    "when !Mode=Fast: the input has no Mode",
		},
		{
			name: "a brace too many", op: "GetShop",
			overlay: authorizationOverlay{more: map[string][]api.Resource{"GetShop": {{ARN: "arn:{Name}}"}}}},
			want:    "arn:{Name}} is no template",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := &toucher{model: shopModel(t), auth: shopAuthorization(t), overlay: tt.overlay}
			if _, err := tr.operation(tt.op); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

func TestOverlaysNameOperations(t *testing.T) {
	overlay := authorizationOverlay{unnamed: map[string][]string{"ShopName": {"GetShops"}}}
	if err := overlay.check(shopModel(t)); err == nil || !strings.Contains(err.Error(), "GetShops") {
		t.Errorf("error %v", err)
	}
}
