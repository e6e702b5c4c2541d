#!/bin/sh
# Plans, counts what the plan would do, asks, and applies this very plan. Rules see added, changed and destroyed as facts, so
# that `facts.destroyed > 0` can ask more people, and a plan that only adds can pass by itself.
set -eu

terraform plan -input=false -out=plan.tfplan
terraform show -json plan.tfplan >plan.json
countersign facts terraform plan.json >facts.json
terraform show -no-color plan.tfplan | tail -c 9000 >plan.txt

# --bind: people say yes to the content of plan.tfplan; should the file change meanwhile, nothing is applied.
exec countersign run --type deploy \
  --title "Apply the plan for ${WORKSPACE:-default}" \
  --description "$(cat plan.txt)" \
  --facts facts.json --bind plan.tfplan \
  -- terraform apply -input=false plan.tfplan
