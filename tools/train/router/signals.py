"""Words that tell of effort, in lists: what `degrade_ok` and difficulty lean on beside the hidden layer.

The program finds them by their hashes in the weights file. Folded as text_features.fold does: lower case, no marks.
"""
LISTS = {
    "care": """careful carefully thorough thoroughly detailed exact exactly precise precisely prove proof rigorous rigorously optimal best expert verify
        verified cite citations sources correct correctly accurate accurately reliable professional justify critically critique reasoning
        genau sorgfaltig grundlich beweise exakt soigneusement exactement precis prouve rigoureux cuidado exacto exactamente preciso demuestra
        accuratezza esatto dimostra cuidadosamente exato prove nauwkeurig precies dokladnie udowodnij точно тщательно докажи подробно dikkatli""",
    "stakes": """drug drugs dose dosage pill pills pregnant pregnancy blood chest pain symptom symptoms fever allergic allergy medication medicine doctor
        diabetes insulin surgery legal law lawyer contract sue court lawsuit visa tax taxes mortgage loan invest investment insurance inheritance
        pension fine arrest divorce custody notice tenant landlord unlock delete erase wipe transfer pay password credentials emergency poison
        overdose suicide fire gas brake electric voltage refund medikament dosis schwanger fieber vertrag steuer miete kundigung loschen uberweise
        medicament enceinte contrat impot loyer supprime virement medicamento embarazada contrato impuesto alquiler borra transfiere farmaco incinta
        contratto tasse affitto cancella remedio gravida imposto medicijn zwanger belasting lek ciaza umowa podatek лекарство беременна договор налог удали""",
    "length": """words pages page chapter chapters essay report novel paragraphs thesis article story screenplay speech sermon eulogy manual handbook
        script whitepaper proposal minutes hour long full complete comprehensive seiten worter aufsatz rede bericht kapitel pages mots dissertation
        discours roman paginas palabras ensayo discurso informe pagine parole saggio discorso redacao woorden slow stron страниц слов сочинение речь sayfa""",
    "condition": """must without only except each every least both unless then also between while before after if but and or not never neither given
        assuming considering respectively while within under during where which constraint constraints requirement requirements muss ohne nur jede
        aber wenn und oder doit sans seulement chaque mais sauf debe sin solo cada pero salvo deve senza ogni ma deve sem apenas mas""",
    "easy": """hi hello hey thanks thank bye yes no ok okay please joke name capital define meaning spell turn switch lamp light lights timer alarm volume
        play stop hallo danke licht wecker bonjour salut merci lumiere hola gracias luz ciao grazie luce ola obrigado hoi dank czesc dziekuje привет
        спасибо свет merhaba""",
    "hard": """concurrency concurrent race deadlock distributed optimise optimize architecture migrate migration kernel lock lockfree thread threads
        async leak refactor schema complexity theorem derive derivation integral schedule scheduler compiler cryptographic asymptotic differential
        eigenvalue bayesian regression strategy negotiate compare tradeoffs trade evaluate plan budget analyse analyze diagnose diagnosis interpret
        clause statute irony sarcasm metaphor translate poem sonnet simulate algorithm recursion query join normalise transaction consistency
        handwriting handwritten dialect speakers overlapping noisy table chart diagram several conflicting sources itinerary""",
}


def words_of(text):
    return sorted(set(text.split()))
