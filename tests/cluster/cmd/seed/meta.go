package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func (l *layout) ago(age time.Duration) metav1.Time {
	return metav1.NewTime(l.now.Add(-age).Truncate(time.Second))
}

// meta is the metadata that every stored object has; the UID follows from the name.
func (l *layout) meta(namespace, name string, age time.Duration) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: uid(namespace + "/" + name), CreationTimestamp: l.ago(age),
	}
}

func uid(of string) types.UID {
	hash := fnv.New128a()
	hash.Write([]byte(of))
	sum := hash.Sum(nil)
	return types.UID(fmt.Sprintf("%x-%x-4%x-8%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])[:36])
}

// suffix is what controllers append to names: letters that make no words.
func suffix(of string, length int) string {
	const letters = "bcdfghjklmnpqrstvwxz2456789"
	hash := fnv.New64a()
	hash.Write([]byte(of))
	sum := hash.Sum64()
	text := make([]byte, length)
	for index := range text {
		text[index] = letters[sum%uint64(len(letters))]
		sum /= uint64(len(letters))
	}
	return string(text)
}

func controller(apiVersion, kind, name string, id types.UID) []metav1.OwnerReference {
	yes := true
	return []metav1.OwnerReference{{
		APIVersion: apiVersion, Kind: kind, Name: name, UID: id, Controller: &yes, BlockOwnerDeletion: &yes,
	}}
}

// managed says who owns which fields, as every object that went through the API does: `spec` for who made the object,
// `status` for who reports on it.
func (l *layout) managed(key, apiVersion, maker, reporter string, age time.Duration, object any) []metav1.ManagedFieldsEntry {
	entries := make([]metav1.ManagedFieldsEntry, 0, 2)
	for _, part := range []struct{ manager, subresource string }{{maker, ""}, {reporter, "status"}} {
		if part.manager == "" {
			continue
		}
		at := l.ago(age)
		entries = append(entries, metav1.ManagedFieldsEntry{
			Manager: part.manager, Operation: metav1.ManagedFieldsOperationUpdate, APIVersion: apiVersion, Time: &at,
			FieldsType: "FieldsV1", Subresource: part.subresource,
			FieldsV1: &metav1.FieldsV1{Raw: l.fields(key+part.subresource, part.subresource == "status", object)},
		})
	}
	return entries
}

func (l *layout) fields(key string, status bool, object any) []byte {
	if known, ok := l.sharedFields[key]; ok {
		return known
	}
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		panic(err)
	}
	part := map[string]any{}
	for name, value := range whole {
		if (name == "status") == status {
			part[name] = value
		}
	}
	if meta, ok := part["metadata"].(map[string]any); ok {
		part["metadata"] = map[string]any{"labels": meta["labels"], "ownerReferences": meta["ownerReferences"]}
	}
	raw, err := json.Marshal(owned(part))
	if err != nil {
		panic(err)
	}
	l.sharedFields[key] = raw
	return raw
}

// atomic fields are named without what is in them. Of some lists the API says so; the rest keeps managed fields at a
// quarter of what real ones have. That spares the clients that decode all of them most of their memory, so that 150,000
// pods fit beside the API server into 24 GB, and favours nobody who skips them.
var atomic = map[string]bool{
	"containerStatuses": true, "initContainerStatuses": true, "tolerations": true, "containers": true,
	"initContainers": true, "volumes": true, "affinity": true, "topologySpreadConstraints": true, "securityContext": true,
	"conditions": true, "podIPs": true, "hostIPs": true, "labels": true, "annotations": true,
	"ownerReferences": true, "capacity": true, "allocatable": true, "images": true, "matchLabels": true,
}

// owned turns a value into the form of FieldsV1: `f:` for a field, `k:` for a list's item by its key.
func owned(value any) any {
	switch value := value.(type) {
	case map[string]any:
		fields := map[string]any{}
		for name, inner := range value {
			if atomic[name] {
				inner = nil
			}
			fields["f:"+name] = owned(inner)
		}
		return fields
	case []any:
		fields := map[string]any{".": map[string]any{}}
		for _, item := range value {
			object, ok := item.(map[string]any)
			if !ok {
				return map[string]any{}
			}
			for _, key := range []string{"mountPath", "name", "type", "containerPort", "uid", "ip"} {
				if named, has := object[key]; has {
					text, _ := json.Marshal(map[string]any{key: named})
					inner, _ := owned(object).(map[string]any)
					inner["."] = map[string]any{}
					fields["k:"+string(text)] = inner
					break
				}
			}
		}
		return fields
	}
	return map[string]any{}
}
