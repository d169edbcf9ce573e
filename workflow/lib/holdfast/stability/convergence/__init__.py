"""Do several methods, such as questionnaires, find the same values in the same respondents?"""
