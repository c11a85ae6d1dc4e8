// SPDX-License-Identifier: Apache-2.0
/**
 * The policy document, and the decision it makes of a request: a pure function of the document and
 * the {@link dev.writ.policy.Inputs}. Nothing here reads a clock, a file, the network or the
 * environment; the same bytes in give the same bytes out on every Java platform.
 *
 * <p>This package believes its caller: that the document is the one in force, and that the inputs are
 * what was verified. It checks their form and their bounds, and nothing of their truth.
 *
 * <h2>The document</h2>
 *
 * JSON in UTF-8 without duplicate names, fractions, {@code null} or unknown members, at most 1 MiB.
 * Its digest is {@code SHA-256("writ-policy-v1" ‖ 0x00 ‖ SHA-256(JCS))} with JCS of RFC 8785, so that
 * white space and the order of members do not matter. Members not marked optional are required.
 *
 * <pre>
 * type              "writ-policy-v1"
 * profile           "writ-cel-1": the language of the rules, below
 * id                the policy's name
 * version           from 1, each by 1 more than the one before
 * previous          digest of the version before; absent in version 1, required in all others
 * author            who wrote it; of a document that is signed, the RFC 7638 thumbprint of their key
 * description       optional, for the reader
 * effective_from    in force from this time, and
 * expires             until before this one: 2026-11-01T00:00:00Z, whole seconds, UTC
 * targets           tenants it is for, or ["*"]
 * lifetime_s        life of an artifact, 1 to 3600 seconds
 * ends_earlier_artifacts  optional, true or false: whether artifacts issued under earlier documents end
 *                   as soon as it is in force; false if it is absent
 * reference_values  [ {name, description (optional), hosts: [names] or ["*"],
 *                      pcrs: {sha256|sha384|sha512: {"0" … "23": [digests in hex]}},
 *                      boot (optional; pcrs may be left out beside it): {
 *                        pcrs: [of 0 … 23 without 10, 16, 23, those that the boot log must explain],
 *                        secure_boot: whether it must be on,
 *                        dbx (optional): [entries that dbx must have], db (optional): [the only ones of
 *                        db], authorities (optional): [the only ones that verified what booted]; each
 *                        64 hex digits: the SHA-256 of a certificate, or the hash itself,
 *                        applications (optional), command_lines (optional): {sha256|sha384|sha512:
 *                        [digests in hex]}, the only ones; command_lines
 *                        only beside values of PCR 4 in pcrs above, in each of its banks,
 *                        effect: refuse|warn},
 *                      ima (optional; pcrs may be left out beside it): {
 *                        digests (optional): {sha256|sha384|sha512: [of files, wherever they are]},
 *                        files (optional): {path: {sha256|sha384|sha512: [digests in hex]}},
 *                        signers (optional): [SubjectPublicKeyInfo, base64url], excluded (optional):
 *                        [paths that are not judged], keyrings (optional): {keyring: [SHA-256 of the
 *                        certificates that may be added]},
 *                        unlisted, violations: refuse|warn|count} } ]
 *                   a host is judged by the set that names it, else by that of "*", else by none
 * loader_variables  optional, [0 to 32 names]: the loader and interpreter variables that an
 *                     execution may be given; none if it is absent
 * constants         optional, {name: value}: strings, integers, truth values, lists of one of these,
 *                     maps from names to one of all these; typed by their values
 * rules             [ {id, description (optional),
 *                      stage: trust|restriction|requirement|authorization|enforcement,
 *                      effect: require|forbid|permit,
 *                      when: a CEL expression of type bool,
 *                      code: environment_untrusted|policy_denied|scope_exceeded|runtime_condition
 *                            (absent for a permit),
 *                      reason_user, reason_admin: a sentence each,
 *                      mode: enforce|shadow,
 *                      obligations (optional, not for a forbid): ["name" or "name:argument"]} ]
 * approvals         optional, {threshold, approvers: [RFC 7638 thumbprints], separation,
 *                      principals (optional): {approver: [1 to 8 names as an initiator, nobody else's]}}:
 *                      whose approval a request may need
 * delegation        optional, {max_depth: 1 to 64}: how many artifacts may stand above one that is asked for
 *                   under others; absent, none
 * questions         optional, [1 to 16 of {subject: a type, actions: [1 to 16 names], resource: a type}]:
 *                   what enforcement points may be told without Evidence; absent, every question is denied
 * lease             optional, {max_age_s: 2 to 3600}: how old an attestation may become while what it
 *                   permitted holds; absent, as old as its artifact
 * breakglass        optional, {threshold, approvers, max_ttl_s, review_within_s}
 * tests             optional, [ {name, description (optional),
 *                      like (optional): the name of a test before it, whose inputs these vary,
 *                      inputs (optional beside like): {those that matter, as below},
 *                      expect: allow or a code,
 *                      obligations (optional, for an allow): [all that it carries]; none if absent,
 *                      shadow (optional): {expect, obligations}, were the rules in shadow mode
 *                      enforced; the same as without if it is absent} ]
 * </pre>
 *
 * <p>{@code approvals} and {@code breakglass} state who may make {@code governance.approvals} and
 * {@code governance.mode} what they are; whoever collects approvals enforces them, rules see the
 * result. While {@code governance.mode} is {@code FROZEN} a document of which no enforced rule reads it
 * denies every request, with {@code document/frozen} as first reason; where one reads it, the rules say
 * what a freeze means.
 *
 * <p>Of fewer approvals than {@code threshold} rules see none; with {@code separation} those count
 * whose approver has among {@code principals} a name of the initiator's own namespace ({@code oidc:PROVIDER:}
 * or {@code tls:}), where the request's initiator is known and none of them. Names are written as {@code
 * governance.initiator} has them, percent-encoded.
 *
 * <p>An example, whose digest is {@code
 * 2f8ff865e24e14a7e6bbed42af63691544ffc28b2e3ffe1a295e31ff015ff914}:
 *
 * <pre>{@code
 * {
 *   "type": "writ-policy-v1", "profile": "writ-cel-1",
 *   "id": "smallest", "version": 1, "author": "alice",
 *   "effective_from": "2026-01-01T00:00:00Z", "expires": "2027-01-01T00:00:00Z",
 *   "targets": ["*"], "lifetime_s": 300, "reference_values": [],
 *   "rules": [
 *     {"id": "measured", "stage": "trust", "effect": "require",
 *      "when": "trust.pcrs_match", "code": "environment_untrusted",
 *      "reason_user": "This machine booted something else.",
 *      "reason_admin": "A PCR holds none of its reference values.", "mode": "enforce"},
 *     {"id": "anyone", "stage": "authorization", "effect": "permit",
 *      "when": "request.action == 'exec'",
 *      "reason_user": "Only exec is offered.", "reason_admin": "Only exec is offered.",
 *      "mode": "enforce"}
 *   ]
 * }
 * }</pre>
 *
 * <p>A refusal says line and column of the received text, the path, and the id of the rule or the name
 * of the set or test. Authors may write the document in YAML 1.2, too ({@link
 * dev.writ.policy.PolicyDocument#parseAuthored}): what is kept, signed and hashed is its JCS. In YAML
 * there are no anchors, aliases, tags or directives, and text that some reader could take for a truth
 * value, a number, a time or nothing stands in quotes: {@code "2026-11-01T00:00:00Z"}, {@code "yes"},
 * {@code "010"}.
 *
 * <h2>Tests</h2>
 *
 * A test gives the inputs that matter, member by member; lists and maps are given whole. What neither it
 * nor the test it is like gives is
 *
 * <pre>
 * subject     host, ak_name, workload: ""
 * request     action, resource, args_digest, tenant: ""; audiences: []; max_uses, depth: 0;
 *             limits: {}; of exec, if it is given at all, path, exe_sha256, cwd: "", env, files: {};
 *             of question, if it is given at all, types and ids: "", properties, action and context
 *             empty; delegable and above are given whole
 * governance  mode: normal; epoch: 1; approvals: []
 * trust       tier: none; pcrs_match: false; endorsement: absent; findings: {}
 * env         key_storage: memory; reset_count, restart_count: 0; clock_safe: false; pcrs: {};
 *             pcr_digest: ""
 * now         effective_from
 * </pre>
 *
 * <p>and members that may be absent are. Nothing of that vouches for a machine, and no allow rests on it:
 * a test that comes to an allow fails where a rule that let it pass reads something that is not given.
 *
 * <p>A document's tests <i>cover</i> it ({@link dev.writ.policy.PolicyTests}) if each rule, in shadow
 * mode or not, is true in one of them and false in another, and if at least one fails once the rule says
 * the contrary, and once it is removed. Of rules in shadow mode that shows in {@code shadow}. The rules
 * that the document's members imply are not among them.
 *
 * <h2>The decision</h2>
 *
 * Every rule is evaluated, whatever the others say, and comes to true, false or error. An enforced
 * rule <i>denies</i> if it is a {@code require} that is not true, a {@code forbid} that is not false,
 * or in error, whatever its effect. If one denies, the request is denied; else it is allowed if an
 * enforced {@code permit} is true, and {@code policy_denied} if none is. The outcome does not depend
 * on the order of the rules. When several deny, the code is that of the earliest stage, in the order
 * document, trust, restriction, requirement, authorization, enforcement, and in one stage that of the
 * rule that stands first.
 *
 * <p>{@code effective_from}, {@code expires} and {@code targets} are rules of the stage {@code
 * document}, listed like all others under ids that begin with {@code document/}; the first two deny
 * with {@code policy_denied}, the third with {@code scope_exceeded}. {@code loader_variables} is one
 * besides, with {@code policy_denied}, for a request that has {@code exec}, and {@code questions} one for a
 * request that is a question. A rule in shadow mode is
 * evaluated and recorded, and changes nothing. An allow carries the obligations of all enforced rules
 * that are true. Inputs beyond their bounds (strings of 4096 UTF-16 units, lists and maps of 256
 * elements, integers of 53 bits) are {@code policy_denied} without being shown to a rule.
 *
 * <p>The record of a decision ({@link dev.writ.policy.Decision#toJson}) holds the digests of document
 * and inputs, the reasons, and for each rule its outcome and what it saw: the inputs its expression
 * reads, each up to 1024 characters of JSON, else its digest.
 *
 * <h2>The profile writ-cel-1</h2>
 *
 * CEL (cel-spec) over these variables; a name that is not declared here is an error when the document
 * is compiled, not when a request comes:
 *
 * <pre>
 * subject     host, ak_name, ek_digest?, workload: string
 * request     action, resource, args_digest, tenant, parent?: string; audiences: list(string);
 *             max_uses, depth: int; limits: map(string, int); exec?: {path, exe_sha256, cwd:
 *             string; argv?: list(string); env, files: map(string, string)};
 *             question?: {subject, resource: {type, id: string; properties: Properties};
 *             action, context: Properties}, where Properties is {texts, others: map(string, string);
 *             flags: map(string, bool); integers: map(string, int)};
 *             delegable?: {actions, resources, audiences: list(string); max_uses: int};
 *             above?: {workload, action, resource: string}
 * governance  initiator?: string; mode: Mode.{NORMAL, BREAKGLASS, FROZEN}; epoch: int;
 *             approvals: list of {approver, role: string; expires: timestamp}
 * trust       tier: Tier.{AFFIRMING &lt; WARNING &lt; CONTRAINDICATED &lt; NONE}; pcrs_match: bool;
 *             reference_set?: string; findings: map(string, Tier);
 *             endorsement: Endorsement.{TRUSTED, EXPIRED, LISTED, ABSENT}
 * env         key_storage: KeyStorage.{TPM, MEMORY}; reset_count, restart_count: int;
 *             clock_safe: bool; pcrs: map(string, list(int)); pcr_digest: string;
 *             channel?: Channel.{BOUND, UNBOUND}
 * constants   the document's
 * now         timestamp
 * </pre>
 *
 * <p>{@code subject.ak_name} is the attestation key's name in hex. An audience that is an execution on a
 * host is {@code exec:} and the same name in base64url: text that a rule can tell by its beginning and
 * cannot compare with the other.
 *
 * <p>{@code request.exec} is what an execution on a host is bound to: {@code env} maps the names of
 * variables, and {@code files} the paths of scripts and data, to SHA-256 in hex. {@code argv} is absent
 * where an argument is not UTF-8, or beyond the bounds on inputs above.
 *
 * <p>{@code request.delegable} is what others may be permitted under the artifact that is asked for, {@code
 * max_uses} 0 where their uses are not counted. {@code request.above} is of the artifact that {@code
 * request.parent} names: it holds, its holder wants the request, and the request is within it.
 *
 * <p>{@code request.question} is what an enforcement point asks that has no Evidence to show: nothing of
 * {@code trust} and {@code env} vouches for anything then, and all of the question is the word of who asks,
 * who stands in {@code request.audiences}. {@code subject.workload} and {@code request.resource} are type and
 * id in one, {@code type:id}, percent-encoded each but for letters, digits and {@code - . _ ~}, so that no two
 * questions are one. {@code others} has what is neither string, truth value nor integer, as JSON.
 *
 * <p>{@code env.channel} is {@code BOUND} where the request came over TLS whose client proved to hold the
 * instance key, and {@code UNBOUND} over any other connection. A connection that is another key's is
 * denied before a rule is asked.
 *
 * <p>A field marked ? may be absent: {@code has(request.parent)} asks, and reading it then is an
 * error, as is reading a key that a map has not. There is no double, unsigned integer, bytes, null,
 * {@code dyn} or {@code type}; no getter with a time zone; no function beyond the list in {@code
 * Profile.OVERLOADS}; of the macros {@code has, all, exists, exists_one, map, filter}. {@code matches}
 * takes a literal RE2 pattern of at most 256 characters and 500 instructions. An expression has at most
 * 4096 code points, nests at most 32 deep with at most two comprehensions in one another, and makes at
 * most 10000 steps. {@code +} on strings or lists may not stand inside {@code map} or {@code filter}.
 *
 * <p><b>Errors beside logical operators.</b> As CEL defines it, {@code ||}, {@code &&}, {@code
 * exists} and {@code all} take the answer of a side that decides alone: {@code true || error} and
 * {@code error || true} are both true, {@code false || error} is an error. The profile keeps this. The
 * answer does not depend on the order of the sides, and an error is dropped only where no value in its
 * place could have changed the answer; the limit on steps, which is such an error, still ends the
 * work. Who wants an error to deny writes two rules.
 *
 * <h2>Loader and interpreter variables</h2>
 *
 * Some variables make a program that is bound to the byte load or run code that is not. Each that
 * begins, or is, as follows is denied in {@code request.exec.env} unless {@code loader_variables} lists
 * its full name; names are told apart by case.
 *
 * <pre>
 * dynamic loader  LD_* DYLD_*
 * C library       GLIBC_TUNABLES GCONV_PATH GETCONF_DIR
 * shells          BASH_ENV BASH_FUNC_* BASH_LOADABLES_PATH BASHOPTS SHELLOPTS ENV FPATH IFS
 *                 PROMPT_COMMAND PS4 ZDOTDIR
 * Python          PYTHON*
 * Perl            PERL*
 * Ruby            RUBY* GEM_* BUNDLE_*
 * Java            CLASSPATH JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS JDK_JAVAC_OPTIONS _JAVA_OPTIONS
 *                 IBM_JAVA_OPTIONS OPENJ9_JAVA_OPTIONS
 * JavaScript      NODE_OPTIONS NODE_PATH NODE_REPL_EXTERNAL_MODULE BUN_OPTIONS
 * .NET            DOTNET_* CORECLR_* COR_* COMPlus_* MONO_*
 * PHP             PHPRC PHP_INI_SCAN_DIR
 * Lua             LUA_PATH* LUA_CPATH* LUA_INIT*
 * Tcl             TCL* TK_LIBRARY
 * R               R_ENVIRON* R_LIBS* R_PROFILE* R_DEFAULT_PACKAGES R_HOME
 * others          ERL_* ELIXIR_ERL_OPTIONS GUILE_* JULIA_* CAML_LD_LIBRARY_PATH AWKPATH AWKLIBPATH
 *                 EMACSLOADPATH
 * </pre>
 *
 * <p>A prefix stands where a runtime adds variables with its versions; what it catches that loads
 * nothing, such as {@code PYTHONUNBUFFERED}, can be listed. Not here is what only tunes, as {@code
 * MALLOC_*} does, and what one program or library reads, as {@code GIT_*}, {@code OPENSSL_CONF} or
 * {@code EDITOR}: of those there is no end. A rule such as {@code request.exec.env.all(name, name in
 * constants.variables)} holds an environment to a list of its own. {@code PATH} and {@code HOME}, which
 * also lead to code, are in every environment: rules judge their values by digest.
 */
@NullMarked
@CheckReturnValue
package dev.writ.policy;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
