# SPDX-License-Identifier: Apache-2.0
# Sourced by ci/crash, ci/hsm-faults, ci/replay, ci/uses and ci/impact, with root and command set: builds the launcher's service and ci/load
# unless they are current, and leaves in load_classpath what a JVM needs to run the latter.

load_built="$root/target/load"

load_is_current() {
  [ -f "$load_built/stamp" ] && [ -z "$(cd "$root" && find pom.xml .mvn verifier lineage-ledger ci/fixtures ci/load \
    docs/examples -name target -prune -o -path '*/src/test' -prune -o -type f -newer "$load_built/stamp" \
    -print -quit)" ]
}

build_load() {
  mkdir -p "$load_built"
  exec 9>"$load_built/lock"
  flock 9
  load_is_current && { exec 9>&-; return 0; }
  "$root/ci/setup" || exit 3
  echo "$command: building" >&2
  local started="$load_built/stamp.started"
  touch "$started"
  rm -f "$root"/ci/load/target/writ-load-*.jar
  if ! (cd "$root" && mvn -B -q -ntp -Dmaven.test.skip=true package -pl ci/load -am) >"$load_built/build.log" 2>&1; then
    tail -n 40 "$load_built/build.log" >&2
    echo "$command: the build failed; the whole log is in $load_built/build.log" >&2
    exit 1
  fi
  printf '%s:%s' "$root"/ci/load/target/writ-load-*.jar "$(<"$root/ci/load/target/classpath.dependencies")" \
    >"$load_built/classpath"
  mv "$started" "$load_built/stamp"
  exec 9>&-
}

# What is served is what the launcher starts.
"$root/writ" --version >/dev/null
load_is_current || build_load
load_classpath=$(<"$load_built/classpath")
