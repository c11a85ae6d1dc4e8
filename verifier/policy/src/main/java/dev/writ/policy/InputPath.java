// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of the inputs that an expression reads: a variable and, unless it reads the variable whole,
 * the field it selects, through the structs that it may stand in.
 *
 * @param variable the variable
 * @param field the field, such as {@code action} or {@code exec.argv}; empty for the whole variable
 */
record InputPath(Variable variable, String field) {
  /** The variables of a rule, apart from {@code constants}, which the document itself shows. */
  @SuppressWarnings("ImmutableEnumChecker") // tables that nothing changes after construction
  enum Variable {
    SUBJECT(new Of<>(Subject.STRUCT, Inputs::subject)),
    REQUEST(new Of<>(Request.STRUCT, Inputs::request)),
    GOVERNANCE(new Of<>(Governance.STRUCT, Inputs::governance)),
    TRUST(new Of<>(Trust.STRUCT, Inputs::trust)),
    ENV(new Of<>(Env.STRUCT, Inputs::env)),
    NOW(null);

    private final String wire;
    private final @Nullable Of<?> struct;

    Variable(@Nullable Of<?> struct) {
      this.wire = name().toLowerCase(Locale.ROOT);
      this.struct = struct;
    }

    /** The variable as an expression spells it. */
    String wire() {
      return wire;
    }

    /** The variable's struct; absent for {@code now}, a timestamp. */
    Optional<Struct<?>> struct() {
      return Optional.ofNullable(struct).map(Of::struct);
    }

    CelType celType() {
      return struct == null
          ? SimpleType.TIMESTAMP
          : StructTypeReference.create(struct.struct().name());
    }

    /** The variable's value as the evaluator sees it. */
    Object celValue(Inputs inputs) {
      return struct == null ? inputs.now() : struct.celValue(inputs);
    }

    static Optional<Variable> named(String name) {
      for (Variable variable : values()) {
        if (variable.wire().equals(name)) {
          return Optional.of(variable);
        }
      }
      return Optional.empty();
    }
  }

  private record Of<T>(Struct<T> struct, Function<Inputs, T> get) {
    Object celValue(Inputs inputs) {
      return struct.celValue(get.apply(inputs));
    }

    Optional<String> json(String field, Inputs inputs) {
      if (!field.isEmpty()) {
        return struct.json(field, get.apply(inputs));
      }
      CanonicalJson out = new CanonicalJson();
      struct.write(get.apply(inputs), out);
      return Optional.of(out.toString());
    }
  }

  /** The path as an expression spells it. */
  String wire() {
    return field.isEmpty() ? variable.wire() : variable.wire() + "." + field;
  }

  /** What stands there, as canonical JSON; empty if it is absent. */
  Optional<String> json(Inputs inputs) {
    if (variable.struct == null) {
      CanonicalJson out = new CanonicalJson();
      InputType.TIME.write(inputs.now(), out);
      return Optional.of(out.toString());
    }
    return variable.struct.json(field, inputs);
  }
}
