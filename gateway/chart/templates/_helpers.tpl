{{- define "lora-gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 57 | trimSuffix "-" }}
{{- end }}

{{/* At most 57 characters: the admin Service appends -admin. */}}
{{- define "lora-gateway.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 57 | trimSuffix "-" }}
{{- else if contains (include "lora-gateway.name" .) .Release.Name }}
{{- .Release.Name | trunc 57 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "lora-gateway.name" .) | trunc 57 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "lora-gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "lora-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "lora-gateway.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "lora-gateway.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "lora-gateway.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "lora-gateway.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "lora-gateway.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* The port of an address to listen on. */}}
{{- define "lora-gateway.port" -}}
{{- regexFind "[0-9]+$" . }}
{{- end }}

{{/* A duration of the configuration (200ms, 2s, 10m, 1h, 0) in seconds, rounded up. */}}
{{- define "lora-gateway.seconds" -}}
{{- $text := toString .value }}
{{- if not (regexMatch "^(0|[0-9]+(ms|s|m|h))$" $text) }}
{{- fail (printf "%s is %q (expected: a duration as 5s or 1m; else set terminationGracePeriodSeconds)" .key $text) }}
{{- end }}
{{- $number := regexFind "^[0-9]+" $text | int64 }}
{{- $unit := regexFind "[a-z]+$" $text }}
{{- if eq $unit "ms" }}{{ div (add $number 999) 1000 }}
{{- else if eq $unit "m" }}{{ mul $number 60 }}
{{- else if eq $unit "h" }}{{ mul $number 3600 }}
{{- else }}{{ $number }}
{{- end }}
{{- end }}

{{- define "lora-gateway.gracePeriod" -}}
{{- if kindIs "invalid" .Values.terminationGracePeriodSeconds }}
{{- $drain := default dict .Values.config.drain }}
{{- $delay := include "lora-gateway.seconds" (dict "key" "config.drain.delay" "value" (get $drain "delay" | default (hasKey $drain "delay" | ternary "0" "5s"))) }}
{{- $timeout := include "lora-gateway.seconds" (dict "key" "config.drain.timeout" "value" (get $drain "timeout" | default (hasKey $drain "timeout" | ternary "0" "60s"))) }}
{{- add (int64 $delay) (int64 $timeout) 10 }}
{{- else }}
{{- int64 .Values.terminationGracePeriodSeconds }}
{{- end }}
{{- end }}

{{/*
The namespaces of this cluster in which pools find endpoints, as JSON: {"namespace": {"services": true, "pools": true}}.
Both kinds of sources may be a mapping or a list of mappings.
*/}}
{{- define "lora-gateway.sources" -}}
{{- $found := dict }}
{{- range $pool := .Values.config.pools }}
{{- range $key, $kind := dict "kubernetes" "services" "inferencePool" "pools" }}
{{- $value := get $pool $key }}
{{- range $source := kindIs "slice" $value | ternary $value (list $value) }}
{{- if and (kindIs "map" $source) (not $source.context) }}
{{- $namespace := default $.Release.Namespace $source.namespace }}
{{- if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $namespace) }}
{{- fail (printf "config.pools: the namespace %q of a source in pool %q is no namespace (expected: its name, without ${...}: a Role is made there)" $namespace (toString $pool.name)) }}
{{- end }}
{{- $_ := set $found $namespace (merge (dict $kind true) (default dict (get $found $namespace))) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{/* Whether any pool finds endpoints in Kubernetes, in this cluster or another one: true, or nothing. */}}
{{- define "lora-gateway.discovers" -}}
{{- range .Values.config.pools }}{{ if or .kubernetes .inferencePool }}true{{ end }}{{ end }}
{{- end }}

{{/*
How pods' annotations are handled, as JSON: {"read", "write", "lease": {"namespace", "name"}}. The Lease is this release's
own unless the configuration names one.
*/}}
{{- define "lora-gateway.annotations" -}}
{{- $kubernetes := default dict .Values.config.kubernetes }}
{{- $annotations := default dict $kubernetes.annotations }}
{{- $lease := default dict $kubernetes.lease }}
{{- $namespace := default .Release.Namespace $lease.namespace }}
{{- $name := include "lora-gateway.fullname" . }}
{{- if ne $namespace .Release.Namespace }}
{{- $name = printf "%s-of-%s" $name .Release.Namespace }}
{{- end }}
{{- dict
  "read" (hasKey $annotations "read" | ternary $annotations.read true)
  "write" (and $annotations.write (include "lora-gateway.discovers" .) | empty | not)
  "lease" (dict "namespace" $namespace "name" (default $name $lease.name))
  | toJson }}
{{- end }}

{{/*
Where objects declare adapters, as JSON: {"namespaces": [...], "aibrix", "services"}; nothing unless config.adapters.kubernetes is there.
*/}}
{{- define "lora-gateway.adapterObjects" -}}
{{- $adapters := default dict .Values.config.adapters }}
{{- if hasKey $adapters "kubernetes" }}
{{- $cluster := default dict $adapters.kubernetes }}
{{- dict
  "namespaces" (default (list .Release.Namespace) $cluster.namespaces)
  "aibrix" (default false $cluster.aibrix)
  "services" (default false $cluster.services)
  | toJson }}
{{- end }}
{{- end }}

{{/* The Secret that holds clients' keys, as JSON: {"namespace", "name"}; nothing without one. */}}
{{- define "lora-gateway.keysSecret" -}}
{{- $secret := default dict (default dict .Values.config.access).keysSecret }}
{{- if $secret.name }}
{{- dict "namespace" (default .Release.Namespace $secret.namespace) "name" $secret.name | toJson }}
{{- end }}
{{- end }}

{{/* Whether the gateway asks this cluster's API server for anything: true, or nothing. */}}
{{- define "lora-gateway.asksApiServer" -}}
{{- if or (include "lora-gateway.sources" . | fromJson) (include "lora-gateway.annotations" . | fromJson).write (include "lora-gateway.keysSecret" .) (include "lora-gateway.adapterObjects" .) }}true{{ end }}
{{- end }}

{{/* gateway.yaml */}}
{{- define "lora-gateway.config" -}}
{{- $config := deepCopy .Values.config }}
{{- $annotations := include "lora-gateway.annotations" . | fromJson }}
{{- if or $annotations.write (include "lora-gateway.adapterObjects" .) }}
{{- $_ := set $config "kubernetes" (default dict $config.kubernetes) }}
{{- $_ := set $config.kubernetes "lease" $annotations.lease }}
{{- end }}
{{- toYaml $config }}
{{- end }}
