// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Configurations of {@code writ serve} as they are written, for tests to change. */
final class ServeConfigText {
  static final String DIGEST = "00000000000000000000000000000000000000000000000000000000000000e1";

  /** The least that a service can be started with; each line's number matters to the tests. */
  static final String LEAST =
      """
      tenant: acme
      trust: trust.json
      token:
        label: writ
        pin_file: /run/credentials/pin
      ledger:
        folder: ledger
      policy: policy.json
      endorsements:
        roots: [roots.pem]
      listen:
        http: 127.0.0.1:8080
      operator:
        socket: operator.sock
      """;

  static final String MOST =
      """
      tenant: acme
      trust: trust.json
      token:
        profile: softhsm2
        library: /opt/vendor/module.so
        label: writ
        pin_file: pin
        wrapped_key: checkpoint.key
        replica:
          label: writ-2
          pin_file: pin-2
      ledger:
        folder: ledger
        payload_days: 400
      policy: policy.json
      endorsements:
        roots: [roots.pem, more.pem]
        intermediates: [between.pem]
        revocation_lists: [lists]
      enrolment:
        expired: deny
        ak_certificate_days: 30
      hosts:
        - name: host-a
          ek_digest: 00000000000000000000000000000000000000000000000000000000000000e1
      listen:
        http: 127.0.0.1:8080
        tls:
          address: "[::]:8443"
          names: [writ.example, 192.0.2.1]
      operator:
        socket: operator.sock
        mtls:
          address: 0.0.0.0:8444
          client_roots: operators.pem
          authzen_url: https://writ.example:8444
          roles:
            - uri: spiffe://acme.example/ops/alice
              roles: [operator]
            - spki_sha256: 00000000000000000000000000000000000000000000000000000000000000e1
              roles: [security_officer, auditor]
        socket_roles: [operator, auditor]
      initiators:
        oidc:
          - name: corp
            issuer: https://idp.example
            audience: writ
            jwks: https://idp.example/keys
            subject_claim: email
            require_nonce: true
            max_age_s: 300
            keys_max_age_s: 7200
          - name: ci
            issuer: https://ci.example
            audience: https://writ.example
            jwks_file: ci-keys.json
        tls:
          roots: initiators.pem
      metrics: 127.0.0.1:9464
      limits:
        body_bytes: 1000
      log:
        level: debug
      """;

  private ServeConfigText() {}

  /** Reads one out of {@code serve.yaml} in a folder. */
  static ServeConfig read(Path folder, String text) throws Exception {
    return readWith(folder, text, Map.of(), Map.of());
  }

  static ServeConfig readWith(
      Path folder, String text, Map<String, String> environment, Map<String, String> options)
      throws Exception {
    Path file = Files.writeString(folder.resolve("serve.yaml"), text);
    return ServeConfig.read(file, new HashMap<>(environment), new LinkedHashMap<>(options));
  }
}
