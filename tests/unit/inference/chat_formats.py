"""The published chat formats of the original study's families, as templates in our own lines.

They stand in for the hub's own tokenizers, which no test can fetch. Where a published template refuses a
role or an order of roles, so does the one here.
"""

from dataclasses import dataclass

_ALTERNATE = """{% for m in rest %}{% if m.role != ('user', 'assistant')[loop.index0 % 2] %}\
{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}"""
_ALL = "{% set rest = messages %}"

_LLAMA_2 = (
    "{% set told = messages[0].role == 'system' %}{% set rest = messages[1:] if told else messages %}"
    + _ALTERNATE
    + """{% for m in rest %}{% if m.role == 'user' %}{{ bos_token }}[INST] \
{% if told and loop.first %}<<SYS>>\\n{{ messages[0].content }}\\n<</SYS>>\\n\\n{% endif %}\
{{ m.content }} [/INST]{% else %} {{ m.content }} {{ eos_token }}{% endif %}{% endfor %}"""
).replace("\\n", "{{ '\\n' }}")
_MISTRAL = (
    _ALL
    + _ALTERNATE
    + """{{ bos_token }}{% for m in rest %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]\
{% else %}{{ m.content }}{{ eos_token }}GAP{% endif %}{% endfor %}"""
)
_ZEPHYR = """{% for m in messages %}{{ '<|' + m.role + '|>\\n' + m.content + eos_token + '\\n' }}\
{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"""
_CHATML = """{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}\
{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""
_PHI_2 = (
    _ALL
    + _ALTERNATE
    + """{% for m in rest %}{{ ('Instruct: ' if m.role == 'user' else 'Output: ') + m.content + '\\n' }}\
{% endfor %}{% if add_generation_prompt %}Output:{% endif %}"""
)


@dataclass(frozen=True)
class Format:
    """How a family's models are shown a conversation.

    Attributes:
        family: whose small tokenizer stands in.
        template: Jinja; empty: a base model, which is shown labelled lines.
        system_role: does the template take a system message?
        models: the registry's models that have this format.
    """

    family: str
    template: str
    system_role: bool
    models: tuple[str, ...]


FORMATS = {
    "llama-2-chat": Format(
        "llama", _LLAMA_2, True, ("llama-2-7b-chat", "llama-2-13b-chat", "llama-2-70b-chat")
    ),
    "llama-2-chat-user-turn": Format("llama", _LLAMA_2, False, ("llama-2-7b-chat-user-turn",)),
    "mistral-7b-instruct-v0.1": Format(
        "mistral", _MISTRAL.replace("GAP", " "), False, ("mistral-7b-instruct-v0.1",)
    ),
    "mixtral-8x7b-instruct": Format(
        "mixtral", _MISTRAL.replace("GAP", ""), False,
        ("mistral-7b-instruct-v0.2", "mistral-7b-instruct-v0.2-8bit", "mistral-7b-instruct-v0.2-4bit",
         "mixtral-8x7b-instruct-v0.1", "mixtral-8x7b-instruct-v0.1-4bit"),
    ),
    "zephyr": Format("mistral", _ZEPHYR, True, ("zephyr-7b-beta",)),
    "zephyr-user-turn": Format("mistral", _ZEPHYR, False, ("zephyr-7b-beta-user-turn",)),
    "qwen-chatml": Format("qwen", _CHATML, True, ()),
    "phi-2-instruct": Format("phi", _PHI_2, False, ()),
    "base": Format(
        "llama", "", True,
        ("llama-2-7b", "llama-2-13b", "llama-2-70b", "mistral-7b-v0.1", "mixtral-8x7b-v0.1",
         "mixtral-8x7b-v0.1-4bit", "phi-1", "phi-2", "qwen-7b", "qwen-14b", "qwen-72b"),
    ),
}  # fmt: skip
